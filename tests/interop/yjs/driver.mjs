// SPDX-License-Identifier: Apache-2.0
// The C documents, through the line protocol of doc_driver.c.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export const hex = bytes => (bytes.length ? Buffer.from(bytes).toString('hex') : '-')
export const unhex = text => (text === '-' ? new Uint8Array() : new Uint8Array(Buffer.from(text, 'hex')))

export class Driver {
  constructor (program) {
    this.child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.waiting = []
    createInterface({ input: this.child.stdout }).on('line', line => this.waiting.shift()(line))
    this.child.on('exit', code => {
      if (this.waiting.length) { console.error(`driver ended: ${code}`); process.exit(1) }
    })
  }

  ask (...words) {
    return new Promise(resolve => {
      this.waiting.push(resolve)
      this.child.stdin.write(words.join(' ') + '\n')
    })
  }

  close () {
    this.child.stdin.end()
  }
}
