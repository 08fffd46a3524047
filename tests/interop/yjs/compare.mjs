// SPDX-License-Identifier: Apache-2.0
// Scenario after scenario until the time is up:
//   twin      a Yjs document and a C document under one client id make the same edits and receive the same updates;
//             every transaction's update and every state must be the same bytes
//   meeting   Yjs and C documents edit at once over a network that delays, repeats, reorders and loses; a pure receiver
//             in C and one in Yjs get the same messages and must agree after each; in the end all states are equal
import * as Y from 'yjs'
import { Driver, hex, unhex } from './driver.mjs'
import { Random, plainEdit, richEdit } from './edits.mjs'

const [program, seconds, onlySeed] = process.argv.slice(2)
const driver = new Driver(program)
const counts = { scenarios: 0, operations: 0, comparisons: 0, differences: 0 }

const same = (ours, theirs, what) => {
  counts.comparisons++
  if (ours === theirs) return true
  counts.differences++
  let at = 0
  while (ours[at] === theirs[at]) at++
  const from = Math.max(0, at - 80)
  if (counts.differences <= 5) {
    console.log(`DIFFERENT ${what} at ${at}\n  ours   ${ours.slice(from, at + 200)}\n` +
      `  theirs ${theirs.slice(from, at + 200)}`)
  }
  return false
}

const freshClient = random => 1 + random.below(4294967295)

const yjsDoc = (client, onUpdate) => {
  const doc = new Y.Doc({ gc: true })
  doc.clientID = client
  if (onUpdate) doc.on('update', onUpdate)
  return doc
}

// One local transaction in the C document of a slot; yields its update.
const edit = async (slot, edits) => {
  await driver.ask('begin', slot)
  for (const one of edits) {
    const result = await driver.ask(one.command[0], slot, ...one.command.slice(1))
    same(result, '-', `refused ${one.command.join(' ')}`)
  }
  return driver.ask('commit', slot)
}

const twin = async random => {
  const client = freshClient(random)
  let last = '-'
  const theirs = yjsDoc(client, update => { last = hex(update) })
  const other = yjsDoc(freshClient(random))
  const inbox = []
  other.on('update', update => inbox.push(update))
  theirs.getText('t'); theirs.getMap('m'); theirs.getArray('a')
  await driver.ask('make', 0, client)
  for (let step = 0; step < 40; step++) {
    counts.operations++
    if (random.below(3) === 0) {
      const foreign = plainEdit(random, other)
      if (foreign) foreign.yjs(other)
      if (random.below(4) === 0) Y.applyUpdate(other, Y.encodeStateAsUpdate(theirs))
      if (inbox.length && random.below(3) > 0) {
        const update = inbox.splice(random.below(inbox.length), 1)[0]
        last = '-'
        Y.applyUpdate(theirs, update)
        same(await driver.ask('apply', 0, hex(update)), last, 'news')
      }
    } else {
      const one = plainEdit(random, theirs)
      if (!one) continue
      last = '-'
      one.yjs(theirs)
      same(await edit(0, [one]), last, `update of ${one.command.join(' ')}`)
    }
    if (step % 8 === 7) same(await driver.ask('state', 0), hex(Y.encodeStateAsUpdate(theirs)), 'state')
  }
  const text = await driver.ask('text', 0, 't')
  same(text, hex(Buffer.from(theirs.getText('t').toString())), 'text')
}

// Every message to every peer: sometimes late, twice, or not at all.
const post = (random, inboxes, update) => {
  for (const inbox of inboxes) {
    const copies = random.pick([0, 1, 1, 1, 1, 2])
    for (let i = 0; i < copies; i++) inbox.push(update)
  }
}

const deliverTheirs = (random, peer) => {
  if (peer.inbox.length) Y.applyUpdate(peer.doc, peer.inbox.splice(random.below(peer.inbox.length), 1)[0])
}

const deliverOurs = async (random, peer) => {
  if (!peer.inbox.length) return
  const update = peer.inbox.splice(random.below(peer.inbox.length), 1)[0]
  const result = await driver.ask('apply', peer.slot, hex(update))
  if (result.startsWith('ERR')) same(result, '-', 'apply')
  if (peer.shadow) {
    Y.applyUpdate(peer.shadow, update)
    same(await driver.ask('state', peer.slot), hex(Y.encodeStateAsUpdate(peer.shadow)), 'received state')
    same(await driver.ask('vector', peer.slot), hex(Y.encodeStateVector(peer.shadow)), 'received vector')
  }
}

const pull = async (to, from) => {
  const vector = to.doc ? hex(Y.encodeStateVector(to.doc)) : await driver.ask('vector', to.slot)
  const update = from.doc ? Y.encodeStateAsUpdate(from.doc, unhex(vector))
    : unhex(await driver.ask('diff', from.slot, vector))
  if (to.doc) Y.applyUpdate(to.doc, update)
  else {
    const result = await driver.ask('apply', to.slot, hex(update))
    if (result.startsWith('ERR')) same(result, '-', 'apply of a diff')
    if (to.shadow) Y.applyUpdate(to.shadow, update)
  }
}

const stateOf = peer => (peer.doc ? hex(Y.encodeStateAsUpdate(peer.doc)) : driver.ask('state', peer.slot))

// Everybody pulls from everybody until nothing moves: Yjs tidies formats on its own when it receives.
const settle = async peers => {
  for (let round = 0; round < 8; round++) {
    for (const to of peers) for (const from of peers) if (to !== from) await pull(to, from)
    const states = await Promise.all(peers.map(stateOf))
    if (states.every(state => state === states[0])) return
  }
  const states = await Promise.all(peers.map(stateOf))
  for (const state of states.slice(1)) same(state, states[0], 'settled state')
}

const plainForOurs = async (random, slot) => {
  const mirror = new Y.Doc()
  Y.applyUpdate(mirror, unhex(await driver.ask('state', slot)))
  const length = Number(await driver.ask('length', slot, 'r'))
  if (random.below(4) === 0) {
    const index = Number(await driver.ask('align', slot, 'r', random.below(length + 1)))
    return { command: ['insert', 'r', index, hex(Buffer.from('plain'))] }
  }
  return plainEdit(random, mirror)
}

const meeting = async random => {
  const peers = []
  const send = update => post(random, peers.map(peer => peer.inbox), update)
  for (let i = 0; i < 2 + random.below(2); i++) peers.push({ doc: yjsDoc(freshClient(random), send), inbox: [] })
  peers.push({ slot: 1, inbox: [], client: freshClient(random) })
  peers.push({ slot: 2, inbox: [], client: 0, shadow: yjsDoc(freshClient(random)) })
  for (const peer of peers) if (!peer.doc) await driver.ask('make', peer.slot, peer.client)
  for (let step = 0; step < 60; step++) {
    counts.operations++
    const peer = random.pick(peers)
    if (random.below(2)) {
      if (peer.doc) peer.doc.transact(() => richEdit(random, peer.doc))
      else if (peer.client) {
        const one = await plainForOurs(random, peer.slot)
        const update = one && await edit(peer.slot, [one])
        if (update && update !== '-') send(unhex(update))
      }
    } else if (peer.doc) deliverTheirs(random, peer)
    else await deliverOurs(random, peer)
  }
  await settle(peers)
}

const end = Date.now() + Number(seconds) * 1000
let seed = onlySeed ? Number(onlySeed) : 1
do {
  const before = counts.differences
  await (seed % 2 ? twin : meeting)(new Random(seed))
  if (counts.differences > before) console.log(`seed ${seed} differs`)
  counts.scenarios++
  seed++
} while (Date.now() < end && !onlySeed && counts.differences < 20)
driver.close()
console.log(`yjs: scenarios ${counts.scenarios} operations ${counts.operations} ` +
  `comparisons ${counts.comparisons} differences ${counts.differences}`)
process.exitCode = counts.differences ? 1 : 0
