// SPDX-License-Identifier: Apache-2.0
// js-libp2p 3.3 asks for Node 22; all it uses of it beyond Node 20 is Promise.withResolvers. Import this first.
Promise.withResolvers ??= function () {
  const result = {}
  result.promise = new this((resolve, reject) => {
    result.resolve = resolve
    result.reject = reject
  })
  return result
}
