// SPDX-License-Identifier: Apache-2.0
// Seeded random edits. `plainEdit` is one that Yjs and lib/doc can both make locally; `richEdit` uses all of Yjs.
import * as Y from 'yjs'
import * as encoding from 'lib0/encoding'
import { hex } from './driver.mjs'

export class Random {
  constructor (seed) {
    this.state = (seed * 2654435761 + 12345) >>> 0
  }

  below (bound) {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0
    return Math.floor((this.state / 4294967296) * bound)
  }

  pick (list) {
    return list[this.below(list.length)]
  }
}

const words = ['a', 'b', 'xyz', 'hello world ', 'é', '😀', '日本語', '0123456789'.repeat(4), '\n']
const values = [null, true, false, 0, -1, 77, 1.5, 0.1, 2 ** 40, -0, 'v', 'späť', [1, 'a', null], { a: 1, b: [true] },
  undefined, 123n]

export const anyHex = value => hex(encoding.encode(encoder => encoding.writeAny(encoder, value)))
const textHex = text => Buffer.from(text).toString('hex')

// Never between the halves of a pair.
const align = (text, index) => {
  const code = text.charCodeAt(index)
  return index > 0 && code >= 0xdc00 && code <= 0xdfff ? index - 1 : index
}

// What to do, as a function on a Yjs document and as a command of the driver.
export const plainEdit = (random, doc) => {
  const dice = random.below(10)
  if (dice < 6) {
    const text = doc.getText('t')
    const now = text.toString()
    const index = align(now, random.below(now.length + 1))
    if (random.below(3) > 0 || now.length === 0) {
      const word = random.pick(words)
      return { yjs: d => d.getText('t').insert(index, word), command: ['insert', 't', index, textHex(word)] }
    }
    const end = align(now, Math.min(now.length, index + 1 + random.below(9)))
    const count = end - index
    if (count <= 0) return null
    return { yjs: d => d.getText('t').delete(index, count), command: ['delete', 't', index, count] }
  }
  const key = random.pick(['k', 'l', 'm'])
  if (dice < 8) {
    if (random.below(4) === 0) {
      if (!doc.getMap('m').has(key)) return null
      return { yjs: d => d.getMap('m').delete(key), command: ['remove', 'm', key] }
    }
    const value = random.pick(values)
    return { yjs: d => d.getMap('m').set(key, value), command: ['set', 'm', key, anyHex(value)] }
  }
  const array = doc.getArray('a')
  const index = random.below(array.length + 1)
  if (random.below(3) > 0 || index === array.length) {
    const value = random.pick(values.filter(v => v !== undefined && typeof v !== 'bigint'))
    return { yjs: d => d.getArray('a').insert(index, [value]), command: ['put', 'a', index, anyHex(value)] }
  }
  return { yjs: d => d.getArray('a').delete(index, 1), command: ['take', 'a', index, 1] }
}

const richText = (random, text) => {
  const index = random.below(text.length + 1)
  const count = random.below(Math.min(6, text.length - index) + 1)
  switch (random.below(5)) {
    case 0: return text.insert(index, random.pick(words.slice(0, 4)), { b: true })
    case 1: return text.insertEmbed(index, { img: 'x' })
    case 2: return count && text.format(index, count, { [random.pick(['b', 'i'])]: random.pick([true, null, 'red']) })
    case 3: return count && text.delete(index, count)
    default: return text.insert(index, random.pick(words.slice(0, 4)))
  }
}

const nested = random => {
  switch (random.below(5)) {
    case 0: return new Y.Map([['k', 1], ['n', new Y.Array()]])
    case 1: return new Y.Text('nested')
    case 2: return Y.Array.from([1, 'two', new Y.Map()])
    case 3: return new Uint8Array([1, 2, 255])
    default: return new Y.Doc({ guid: 'sub' })
  }
}

const richXml = (random, fragment) => {
  const at = random.below(fragment.length + 1)
  const child = fragment.length ? fragment.get(random.below(fragment.length)) : null
  if (child instanceof Y.XmlElement && random.below(2)) {
    child.setAttribute('a', String(random.below(5)))
    child.insert(0, [new Y.XmlText('hi')])
  } else if (child && random.below(4) === 0) {
    fragment.delete(0, 1)
  } else {
    fragment.insert(at, [random.below(2) ? new Y.XmlElement('p') : new Y.XmlText('text')])
  }
}

// Changes whatever nested type it finds in the map, or plants one.
const richMap = (random, map) => {
  const key = random.pick(['k', 'l', 'm', 'n'])
  const value = map.get(key)
  if (value instanceof Y.Text && random.below(3)) value.insert(random.below(value.length + 1), 'in')
  else if (value instanceof Y.Map && random.below(3)) value.set('x', random.below(9))
  else if (value instanceof Y.Array && random.below(3)) value.push([random.below(9), { o: 1 }])
  else map.set(key, nested(random))
}

export const richEdit = (random, doc) => {
  switch (random.below(6)) {
    case 0: case 1: return richText(random, doc.getText('r'))
    case 2: return richXml(random, doc.getXmlFragment('x'))
    case 3: return richMap(random, doc.getMap('m'))
    case 4: return doc.getArray('a').insert(random.below(doc.getArray('a').length + 1), [nested(random), 'v'])
    default: { const edit = plainEdit(random, doc); return edit && edit.yjs(doc) }
  }
}
