// SPDX-License-Identifier: Apache-2.0
// A stranger with a good key and bad manners: completes Noise and Yamux as js-libp2p does, then misbehaves inside the
// encrypted connection. Prints one line of JSON for each way of misbehaving: whether the device ended it.
//
//   garbage.mjs ADDRESS SEED WAY …     the ways are the keys of `raw` and `streams`
import './older_node.mjs'
import { createHash } from 'node:crypto'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'

const PAIR = '/nx/pair/0.1.0'
const PUSH = '/ipfs/id/push/1.0.0'
const PATIENCE_S = 15
const OFFERS = 40 // after a failed pairing the device takes none for a while
const [address, seed, ...ways] = process.argv.slice(2)

// Bytes from the seed, the same in every run.
function bytes (size, salt) {
  const parts = []
  for (let i = 0; i * 32 < size; i++) {
    parts.push(createHash('sha256').update(`${seed} ${salt} ${i}`).digest())
  }
  return Buffer.concat(parts).subarray(0, size)
}

// A yamux header.
function header (type, flags, stream, length, version = 0) {
  const head = Buffer.alloc(12)
  head[0] = version
  head[1] = type
  head.writeUInt16BE(flags, 2)
  head.writeUInt32BE(stream, 4)
  head.writeUInt32BE(length, 8)
  return head
}

const raw = {
  'yamux-type': [header(9, 0, 1, 0)],
  'yamux-version': [header(0, 1, 1, 0, 7)],
  'yamux-window': [header(0, 1, 101, 300 * 1024), Buffer.alloc(300 * 1024)],
  'yamux-length': [header(0, 1, 101, 0xffffffff), bytes(4096, 'long')],
  'yamux-noise': [bytes(8192, 'noise')]
}

const sized = (...parts) => {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)))
  return Buffer.concat([Buffer.from([body.length]), body])
}
const commit = () => sized([1], sized(Buffer.from('Mallory')), sized(Buffer.from('server')), bytes(32, 'commitment'))

// Messages on a stream of a protocol.
const streams = {
  'identify-garbage': [PUSH, [sized(bytes(100, 'identify'))]],
  'identify-length': [PUSH, [Buffer.from([0xff, 0xff, 0xff, 0xff, 0x7f]), bytes(2000, 'identify')]],
  'pair-order': [PAIR, [sized([3], bytes(32, 'proof'))]],
  'pair-commit': [PAIR, [commit(), sized([2], bytes(32, 'another nonce'))]],
  'pair-garbage': [PAIR, [bytes(2000, 'pairing')]]
}

function later (seconds) {
  return new Promise((resolve) => setTimeout(() => resolve(false), seconds * 1000))
}

async function openPatiently (connection, protocol) {
  for (let left = OFFERS; ; left--) {
    try {
      return await connection.newStream(protocol)
    } catch (error) {
      if (left === 0) {
        throw error
      }
      await later(0.5)
    }
  }
}

async function disturb (connection, [protocol, messages]) {
  const stream = await openPatiently(connection, protocol)
  const ended = (async () => {
    for await (const chunk of stream) {
      void chunk
    }
    return true
  })().catch(() => true)
  for (const message of messages) {
    try {
      stream.send(message)
    } catch (error) {
      return { ended: true } // before we were through
    }
    await later(0.3)
  }
  return { ended: await Promise.race([ended, later(PATIENCE_S)]) }
}

async function misbehave (way) {
  const node = await createLibp2p({ transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()] })
  try {
    const connection = await node.dial(multiaddr(address))
    if (streams[way]) {
      return await disturb(connection, streams[way])
    }
    const closed = new Promise((resolve) => connection.addEventListener('close', () => resolve(true)))
    for (const part of raw[way]) {
      connection.maConn.send(part)
    }
    return { ended: await Promise.race([closed, later(PATIENCE_S)]) }
  } finally {
    await Promise.race([node.stop(), later(3)])
  }
}

for (const way of ways) {
  try {
    console.log(JSON.stringify({ way, ...await misbehave(way) }))
  } catch (error) {
    console.log(JSON.stringify({ way, failed: error.message }))
  }
}
process.exit(0)
