// SPDX-License-Identifier: Apache-2.0
// The other implementation: js-libp2p over TCP, Noise and yamux, with ping, identify and an echo protocol.
// Like mesh_node:
//   peer.mjs listen            prints "listening ADDRESS", serves until its input ends
//   peer.mjs dial ADDRESS N    pings, identifies, sends N bytes to the echo and compares; exit 0 when all of it worked
import './older_node.mjs'
import { createHash, randomBytes } from 'node:crypto'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'

const ECHO = '/nx/test/echo/1'
const CHUNK = 65536

async function start (listen) {
  return await createLibp2p({
    addresses: { listen },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify(), ping: ping() }
  })
}

async function send (stream, bytes) {
  if (!stream.send(bytes)) {
    await stream.onDrain()
  }
}

async function echo (stream) {
  for await (const bytes of stream) {
    await send(stream, bytes.subarray())
  }
  await stream.close()
}

async function measureEcho (node, address, size) {
  const stream = await node.dialProtocol(address, ECHO)
  const sent = createHash('sha256')
  const back = createHash('sha256')
  let count = 0
  const reading = (async () => {
    for await (const bytes of stream) {
      back.update(bytes.subarray())
      count += bytes.byteLength
    }
  })()
  for (let left = size; left > 0; left -= CHUNK) {
    const bytes = randomBytes(Math.min(left, CHUNK))
    sent.update(bytes)
    await send(stream, bytes)
  }
  await stream.close()
  await reading
  if (count !== size || sent.digest('hex') !== back.digest('hex')) {
    throw new Error(`the echo differs: ${count} of ${size} bytes`)
  }
}

async function dial (address, size) {
  const node = await start([])
  const connection = await node.dial(address)
  console.log(`connected ${connection.remotePeer}`)
  console.log(`ping ${await node.services.ping.ping(address)} ms`)
  const told = await node.services.identify.identify(connection)
  console.log(`identified ${told.agentVersion} ${told.protocols.length} protocols`)
  const started = Date.now()
  await measureEcho(node, address, size)
  console.log(`echoed ${size} bytes in ${Date.now() - started} ms`)
  await node.stop()
}

async function serve () {
  const node = await start(['/ip4/127.0.0.1/tcp/0'])
  await node.handle(ECHO, async (stream) => {
    try {
      await echo(stream)
    } catch (error) {
      stream.abort(error)
    }
  })
  console.log(`listening ${node.getMultiaddrs()[0]}`)
  process.stdin.resume()
  process.stdin.on('end', async () => {
    await node.stop()
    process.exit(0)
  })
}

if (process.argv[2] === 'listen') {
  await serve()
} else {
  await dial(multiaddr(process.argv[3]), Number(process.argv[4]))
  process.exit(0)
}
