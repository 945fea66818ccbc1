// main.mjs BIN CA NAME=VALUE...: a W5500-EVB-Pico. Called by run.sh, which says the rest.
import { createRequire } from 'node:module'
import crypto from 'node:crypto'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { BootRom } from './bootrom.mjs'
import { Semihost } from './semihost.mjs'
import { W5500 } from './w5500.mjs'
import { connect } from './network.mjs'

const require = createRequire(path.join(process.env.NODE_PATH, 'x'))
const { RP2040, GPIOPinState } = require('rp2040js')
const { BasePeripheral } = require(path.join(process.env.NODE_PATH, 'rp2040js/dist/cjs/peripherals/peripheral.js'))

const CS = 17, RESET = 20, INTERRUPT = 21 // pins
const PROVISION = 0xff000, STORAGE = 0x100000, STORAGE_SIZE = 0x100000 // in the flash
const SECOND_STAGE = 0x41f00 // where the boot ROM copies it, in the RAM
const CYCLE_NS = 8 // 125 MHz
const WATCHDOG = 0x40058, ROSC = 0x40060

const [binary, ca, ...settings] = process.argv.slice(2)
const mcu = new RP2040(), { core, clock } = mcu
let instructions = 0

function end(code) {
  process.exitCode = code
  process.exit()
}

function die(text) {
  console.log(`emulator: ${text}, pc ${core.PC.toString(16)}, lr ${core.LR.toString(16)}`)
  end(71)
}

// The chip has a bus fault where the emulator only says so.
mcu.logger = {
  debug() {}, info() {},
  warn(name, text) { if (name === 'RP2040') die(text) },
  error(name, text) { die(text) },
}

// --- flash ---

const stored = process.env.PICO_FLASH ? fs.openSync(process.env.PICO_FLASH, fs.constants.O_RDWR | fs.constants.O_CREAT) : -1
mcu.flash.fill(0xff)
mcu.flash.set(fs.readFileSync(binary))
if (fs.existsSync(ca)) mcu.flash.set(fs.readFileSync(ca), PROVISION)
if (stored >= 0) {
  const kept = fs.readFileSync(stored)
  mcu.flash.set(kept.subarray(0, STORAGE_SIZE), STORAGE)
}
const rom = new BootRom(mcu, (from, to) => {
  if (stored >= 0) fs.writeSync(stored, mcu.flash, from, to - from, from - STORAGE)
})

// --- the ring oscillator's random bit ---

class RingOscillator extends BasePeripheral {
  stuck = process.env.PICO_ROSC === 'stuck' // at ones, as a source that does not run
  bits = 0
  left = 0
  readUint32(offset) {
    if (offset !== 0x1c) return 0x80001000
    if (this.stuck) return 1
    if (this.left === 0) {
      this.bits = crypto.randomInt(2 ** 30)
      this.left = 30
    }
    this.left--
    const bit = this.bits & 1
    this.bits >>= 1
    return bit
  }
  writeUint32() {}
}
mcu.peripherals[ROSC] = new RingOscillator(mcu, 'ROSC')

// --- console, network chip, semihosting ---

mcu.uart[0].onByte = byte => process.stdout.write(Buffer.from([byte]))
process.stdin.on('data', data => data.forEach(byte => mcu.uart[0].feedByte(byte)))

let network = { send() {} }
const chip = new W5500(frame => network.send(frame), level => mcu.gpio[INTERRUPT].setInputValue(level))
mcu.gpio[CS].addListener(state => chip.select(state === GPIOPinState.Low))
mcu.gpio[RESET].addListener(state => { if (state === GPIOPinState.Low) chip.reset() })
mcu.spi[0].onTransmit = byte => mcu.spi[0].completeTransmit(chip.exchange(byte))

const semihost = new Semihost(mcu, settings, end)
mcu.onBreak = number => {
  if (number === 0xab) semihost.call()
  else if (!rom.call(number)) die(`breakpoint ${number}`)
}

// --- the monitor ---

const commands = {
  quit: () => end(0),
  'set_link net on': () => { chip.cable = true; chip.update() },
  'set_link net off': () => { chip.cable = false; chip.update() },
  'fault reset': () => chip.reset(),
  where: () => `pc ${core.PC.toString(16)} lr ${core.LR.toString(16)}`,
  counters: () => JSON.stringify({ instructions, operations: rom.operations, nanoseconds: clock.nanos, ...chip.counters }),
}
for (const name of Object.keys(chip.faults)) {
  commands[`fault ${name} on`] = () => { chip.faults[name] = true }
  commands[`fault ${name} off`] = () => { chip.faults[name] = false }
}
if (process.env.PICO_MONITOR) {
  const server = net.createServer(socket => {
    socket.on('error', () => {})
    socket.write('(emulator) ')
    socket.on('data', data => {
      const command = commands[data.toString().trim()]
      socket.write(`${command ? command() ?? '' : 'Error: unknown command'}\n(emulator) `)
    })
  })
  fs.rmSync(process.env.PICO_MONITOR, { force: true })
  server.listen(process.env.PICO_MONITOR)
}

// --- run ---

function boot() {
  mcu.sram.set(mcu.flash.subarray(0, 256), SECOND_STAGE)
  core.VTOR = 0
  core.SP = core.PC = 0x20000000 + SECOND_STAGE
  core.waiting = core.PM = false
  core.pendingInterrupts = core.enabledInterrupts = core.IPSR = core.currentMode = 0
}

const watchdog = mcu.peripherals[WATCHDOG]
let bitten = false
watchdog.onWatchdogTrigger = () => { bitten = true }

function reboot() {
  bitten = watchdog.enable = watchdog.timer.enable = watchdog.alarm.enable = false
  boot()
}

const began = performance.now()
const ahead = () => clock.nanos / 1e6 - (performance.now() - began)

// Sleep until an alarm, one of SysTick's at the latest; the chip's time is never ahead of the world's.
function sleep() {
  if (!core.interruptsUpdated || !core.checkForInterrupts()) clock.tick(clock.nanosToNextAlarm || 1e6)
  if (core.interruptsUpdated && core.checkForInterrupts()) core.waiting = false
}

function slice() {
  const until = performance.now() + 4
  let idle = false
  try {
    do {
      for (let i = 0; i < 5000 && !idle; i++) {
        if (bitten) reboot()
        if (core.waiting) {
          sleep()
          idle = ahead() > 0
        } else {
          clock.tick(core.executeInstruction() * CYCLE_NS)
          instructions++
        }
      }
    } while (!idle && performance.now() < until)
  } catch (error) {
    die(error.message)
  }
  if (idle) setTimeout(slice, 1)
  else setImmediate(slice)
}

network = await connect(frame => chip.receive(frame))
boot()
slice()
