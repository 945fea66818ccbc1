// Semihosting: files and the clock of this machine, and the command line, for a program that asks by `bkpt 0xab`.
import fs from 'node:fs'

const OPEN = 0x01, CLOSE = 0x02, WRITE = 0x05, READ = 0x06, SEEK = 0x0a, LENGTH = 0x0c, TIME = 0x11, COMMAND_LINE = 0x15,
  EXIT = 0x18, EXIT_EXTENDED = 0x20
const FAILED = 0xffffffff

export class Semihost {
  files = new Map()
  next = 1

  constructor(mcu, args, exit) {
    this.mcu = mcu
    this.line = ['fw', ...args].join(' ')
    this.exit = exit
  }

  bytes(at, length) { return Buffer.from(Array.from({ length }, (_, i) => this.mcu.readUint8(at + i))) }

  call() {
    const [operation, at] = this.mcu.core.registers
    const word = i => this.mcu.readUint32(at + 4 * i)
    let answer
    try {
      answer = this.operation(operation, word, at)
    } catch {
      answer = FAILED
    }
    this.mcu.core.registers[0] = answer
  }

  operation(operation, word, at) {
    const file = this.files.get(operation === OPEN ? 0 : word(0))
    switch (operation) {
      case OPEN: {
        const path = this.bytes(word(0), word(2)).toString()
        this.files.set(this.next, { fd: fs.openSync(path, word(1) > 1 ? 'r+' : 'r'), at: 0 })
        return this.next++
      }
      case CLOSE:
        fs.closeSync(file.fd)
        this.files.delete(word(0))
        return 0
      case WRITE:
        file.at += fs.writeSync(file.fd, this.bytes(word(1), word(2)), 0, word(2), file.at)
        return 0
      case READ: {
        const read = Buffer.alloc(word(2))
        const length = fs.readSync(file.fd, read, 0, read.length, file.at)
        file.at += length
        for (let i = 0; i < length; i++) this.mcu.writeUint8(word(1) + i, read[i])
        return read.length - length
      }
      case SEEK:
        file.at = word(1)
        return 0
      case LENGTH:
        return fs.fstatSync(file.fd).size
      case TIME:
        return Math.floor(Date.now() / 1000)
      case COMMAND_LINE: {
        const text = Buffer.from(this.line + '\0')
        if (text.length > word(1)) return FAILED
        text.forEach((byte, i) => this.mcu.writeUint8(word(0) + i, byte))
        this.mcu.writeUint32(at + 4, text.length - 1)
        return 0
      }
      case EXIT:
      case EXIT_EXTENDED:
        return this.exit(operation === EXIT ? 0 : word(1))
      default:
        return FAILED
    }
  }
}
