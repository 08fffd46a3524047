// SPDX-License-Identifier: Apache-2.0
// A device of the same person, written by others: js-libp2p for the link, real Yjs for the documents, and the pairing
// and sync protocols from docs/protocols alone. Commands come in on stdin, one a line; each is answered by one line of
// JSON.
//
//   person.mjs ADDRESS
//     ping | identify | refused | pair | confirm | sync | notes | append ID TEXT | quit
import './older_node.mjs'
import { createHash, randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import * as Y from 'yjs'

const PAIR = '/nx/pair/0.1.0'
const SYNC = '/nx/ysync/0.1.0'
const CIRCLE = '/nx/circle/0.1.0'
const INDEX = Buffer.from('nexus-index-0001')
const NAME = 'JavaScript'
const FORM = 'server'

const hash = (...parts) => createHash('sha256').update(Buffer.concat(parts.map((p) => Buffer.from(p)))).digest()
const sized = (bytes) => Buffer.concat([Buffer.from([bytes.length]), Buffer.from(bytes)])

function uvarint (value) {
  const bytes = []
  for (; value >= 0x80; value = Math.floor(value / 128)) {
    bytes.push((value % 128) | 0x80)
  }
  return Buffer.from([...bytes, value])
}

// Reads exact counts of bytes from a stream.
class Reader {
  constructor (stream) {
    this.iterator = stream[Symbol.asyncIterator]()
    this.held = Buffer.alloc(0)
    this.consumed = 0
  }

  async take (count) {
    while (this.held.length < count) {
      const { value, done } = await this.iterator.next()
      if (done) {
        throw new Error('the device ended the stream')
      }
      this.held = Buffer.concat([this.held, Buffer.from(value.subarray())])
    }
    const bytes = this.held.subarray(0, count)
    this.held = this.held.subarray(count)
    this.consumed += count
    return bytes
  }

  async uvarint () {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const [byte] = await this.take(1)
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        return value
      }
    }
  }
}

// docs/protocols/pairing.md, as the initiator.
class Pairing {
  constructor (stream, ownId, peerId) {
    this.stream = stream
    this.reader = new Reader(stream)
    this.ids = Buffer.concat([sized(ownId), sized(peerId)])
    this.nonce = randomBytes(32)
  }

  say (type, ...parts) {
    this.stream.send(sized(Buffer.concat([Buffer.from([type]), ...parts])))
  }

  async hear (type) {
    const [size] = await this.reader.take(1)
    const message = await this.reader.take(size)
    if (message[0] !== type) {
      throw new Error(message[0] === 4 ? 'refused' : `message ${message[0]} instead of ${type}`)
    }
    return message.subarray(1)
  }

  commitment (role, name, form, nonce) {
    return hash('nx-pair-commit:', this.ids, [role], sized(name), sized(form), nonce)
  }

  async code () {
    const own = [Buffer.from(NAME), Buffer.from(FORM)]
    this.say(1, sized(own[0]), sized(own[1]), this.commitment(1, ...own, this.nonce))
    const commit = await this.hear(1)
    const name = commit.subarray(1, 1 + commit[0])
    const rest = commit.subarray(1 + commit[0])
    const form = rest.subarray(1, 1 + rest[0])
    this.say(2, this.nonce)
    const nonce = await this.hear(2)
    if (!this.commitment(2, name, form, nonce).equals(rest.subarray(1 + rest[0]))) {
      throw new Error('the device did not commit to its nonce')
    }
    this.transcript = hash('nx-pair-transcript:', this.ids, sized(own[0]), sized(own[1]), sized(name), sized(form),
      this.nonce, nonce)
    const number = hash('nx-pair-code:', [0], this.transcript).readBigUInt64BE() % 1000000n
    return { code: String(number).padStart(6, '0'), name: name.toString(), form: form.toString() }
  }

  async confirm () {
    this.say(3, hash('nx-pair-confirm:', [1], this.transcript))
    const proof = await this.hear(3)
    if (!proof.equals(hash('nx-pair-confirm:', [2], this.transcript))) {
      throw new Error('the proof is wrong')
    }
    return {}
  }
}

// docs/protocols/sync.md over one stream, with real Yjs documents.
class Sync {
  constructor (stream) {
    this.stream = stream
    this.documents = new Map()
    this.asked = new Set()
    this.greet(INDEX)
    this.reading = this.read(new Reader(stream)).catch((error) => { this.error = error })
  }

  document (id) {
    const key = Buffer.from(id).toString('hex')
    if (!this.documents.has(key)) {
      this.documents.set(key, new Y.Doc())
    }
    return this.documents.get(key)
  }

  send (id, kind, payload, time) {
    const body = Buffer.concat([Buffer.from(id), uvarint(time), Buffer.from([kind]), uvarint(payload.length), payload])
    this.stream.send(Buffer.concat([uvarint(body.length), body]))
  }

  greet (id) {
    this.asked.add(Buffer.from(id).toString('hex'))
    this.send(id, 0, Buffer.from(Y.encodeStateVector(this.document(id))), 0)
  }

  async read (reader) {
    for (;;) {
      const size = await reader.uvarint()
      const end = reader.consumed + size
      const id = Buffer.from(await reader.take(16))
      await reader.uvarint() // time of the last change
      const [kind] = await reader.take(1)
      const payload = Buffer.from(await reader.take(await reader.uvarint()))
      if (reader.consumed !== end) {
        throw new Error('bytes left over')
      }
      this.hear(id, kind, payload)
    }
  }

  hear (id, kind, payload) {
    const document = this.document(id)
    if (kind === 0) {
      this.send(id, 1, Buffer.from(Y.encodeStateAsUpdate(document, payload)), Date.now())
      return
    }
    Y.applyUpdate(document, payload)
    if (id.equals(INDEX)) {
      for (const key of document.getMap('documents').keys()) {
        if (!this.asked.has(key)) {
          this.greet(Buffer.from(key, 'hex'))
        }
      }
    }
  }

  notes () {
    const listed = this.document(INDEX).getMap('documents')
    return [...listed].filter(([, kind]) => kind === 'note')
      .map(([id]) => ({ id, text: this.document(Buffer.from(id, 'hex')).getText('text').toString() }))
  }

  append (id, text) {
    const bytes = Buffer.from(id, 'hex')
    const document = this.document(bytes)
    const before = Y.encodeStateVector(document)
    const body = document.getText('text')
    body.insert(body.length, text)
    this.send(bytes, 2, Buffer.from(Y.encodeStateAsUpdate(document, before)), Date.now())
  }
}

async function main (address) {
  const node = await createLibp2p({
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify(), ping: ping() }
  })
  let pairing = null
  let sync = null
  await node.handle(CIRCLE, async (stream) => { for await (const bytes of stream) { void bytes } })
  await node.handle(SYNC, async (stream) => { sync = new Sync(stream) })
  const connection = await node.dial(address)
  const open = async (protocol) => await connection.newStream(protocol)
  const commands = {
    ping: async () => ({ ms: await node.services.ping.ping(connection.remotePeer) }),
    identify: async () => {
      const told = await node.services.identify.identify(connection)
      return { agent: told.agentVersion, protocols: told.protocols, id: connection.remotePeer.toString() }
    },
    refused: async (protocol) => {
      try {
        const stream = await open(protocol)
        await new Reader(stream).take(1)
        return { refused: false }
      } catch (error) {
        return { refused: true, why: error.message }
      }
    },
    pair: async () => {
      const ids = [node.peerId, connection.remotePeer].map((id) => Buffer.from(id.toMultihash().bytes))
      pairing = new Pairing(await open(PAIR), ...ids)
      return await pairing.code()
    },
    confirm: async () => await pairing.confirm(),
    sync: async () => {
      sync ??= new Sync(await open(SYNC))
      return {}
    },
    notes: async () => ({ notes: sync.notes(), error: sync.error?.message }),
    append: async (rest) => {
      const [id, ...words] = rest.split(' ')
      sync.append(id, words.join(' '))
      return {}
    }
  }
  console.log(JSON.stringify({ connected: connection.remotePeer.toString() }))
  for await (const line of createInterface({ input: process.stdin })) {
    const [word, ...rest] = line.split(' ')
    if (word === 'quit') {
      break
    }
    try {
      console.log(JSON.stringify(await commands[word](rest.join(' '))))
    } catch (error) {
      console.log(JSON.stringify({ failed: error.message }))
    }
  }
  await node.stop()
}

await main(multiaddr(process.argv[2]))
process.exit(0)
