// A stand-in for the boot ROM: its table of functions, as the RP2040 datasheet describes it (2.8.3), and those that change
// the flash. Each is a breakpoint and a return; what it does is done here. While the flash is off the bus, reading it throws,
// so a driver that runs from there is found out.
const TABLE = 0x100, CODE = 0x200, LOOK_UP = 0x80
const BREAK = 0xbe00, RETURN = 0x4770
const FUNCTIONS = ['IF', 'EX', 'RE', 'RP', 'FC', 'CX'] // connect, exit XIP, erase, program, flush, enter XIP
const FIRST = 0xe0 // number of the first one's breakpoint
const ERASE_NS = 45e6, PROGRAM_NS = 0.4e6 // of 4 KiB, of 256 bytes

class ClosedFlash extends DataView {
  getUint32() { throw new Error('the flash was read while it was off the bus') }
  getUint16() { throw new Error('code was fetched from the flash while it was off the bus') }
}

// A store to flash does nothing on the chip, and would change it in the emulator.
class ReadOnlyFlash extends DataView {
  setUint32() { throw new Error('the program has written to the flash as to memory') }
  setUint16() { throw new Error('the program has written to the flash as to memory') }
  setUint8() { throw new Error('the program has written to the flash as to memory') }
}

export class BootRom {
  operations = 0

  // changed(from, to): these bytes of the flash were.
  constructor(mcu, changed) {
    this.mcu = mcu
    this.changed = changed
    this.closed = new ClosedFlash(mcu.flash.buffer)
    this.open = mcu.flashView = new ReadOnlyFlash(mcu.flash.buffer)
    const rom = Buffer.alloc(16384)
    rom.writeUInt32LE(0x20042000, 0)
    rom.writeUInt16LE(TABLE, 0x14)
    rom.writeUInt16LE(LOOK_UP | 1, 0x18)
    FUNCTIONS.forEach((name, i) => {
      rom.write(name, TABLE + 4 * i, 'latin1')
      rom.writeUInt16LE(CODE + 8 * i | 1, TABLE + 4 * i + 2)
      rom.writeUInt16LE(BREAK | FIRST + i, CODE + 8 * i)
      rom.writeUInt16LE(RETURN, CODE + 8 * i + 2)
    })
    // next: ldrh r2, [r0]; cmp r2, #0; beq none; cmp r2, r1; beq found; adds r0, #4; b next
    // found: ldrh r0, [r0, #2]; bx lr; none: movs r0, #0; bx lr
    const look_up = [0x8802, 0x2a00, 0xd005, 0x428a, 0xd001, 0x3004, 0xe7f8, 0x8840, 0x4770, 0x2000, 0x4770]
    look_up.forEach((instruction, i) => rom.writeUInt16LE(instruction, LOOK_UP + 2 * i))
    mcu.bootrom.set(new Uint32Array(rom.buffer, rom.byteOffset, 4096))
  }

  // Returns false when the breakpoint is none of the ROM's.
  call(number) {
    const { mcu } = this, [first, second, third] = mcu.core.registers
    switch (FUNCTIONS[number - FIRST]) {
      case 'EX':
        mcu.flashView = this.closed
        break
      case 'CX':
        mcu.flashView = this.open
        break
      case 'RE':
        this.change(first, second)
        mcu.flash.fill(0xff, first, first + second)
        mcu.clock.tick(ERASE_NS * second / 4096)
        this.changed(first, first + second)
        break
      case 'RP':
        this.change(first, third)
        for (let i = 0; i < third; i++) mcu.flash[first + i] &= mcu.readUint8(second + i)
        mcu.clock.tick(PROGRAM_NS * third / 256)
        this.changed(first, first + third)
        break
      case 'IF':
      case 'FC':
        break
      default:
        return false
    }
    return true
  }

  change(address, length) {
    if (this.mcu.flashView !== this.closed) throw new Error('the flash was changed while it was on the bus')
    if (!this.mcu.core.PM) throw new Error('the flash was changed with interrupts on')
    if (address % 256 || length % 256) throw new Error('the flash was changed in parts of a page')
    this.operations++
  }
}
