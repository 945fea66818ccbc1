// The W5500 as its SPI bus sees it: the common registers, and socket 0 with all of the memory, in MACRAW. Names are those of
// the datasheet.
//
// Faults that boards in the field have shown; each can be switched on:
//   sendok    a frame is taken, and SENDOK never comes
//   deaf      the bus answers ones, as when a wire is loose
//   length    the next frame has a length that cannot be
// and the method `reset` is the fault of a chip that starts again by itself.
const MR = 0x00, SHAR = 0x09, SIR = 0x17, SIMR = 0x18, PHYCFGR = 0x2e, VERSIONR = 0x39
const SN_MR = 0x00, SN_CR = 0x01, SN_IR = 0x02, SN_SR = 0x03, SN_TX_FSR = 0x20, SN_TX_RD = 0x22, SN_TX_WR = 0x24,
  SN_RX_RSR = 0x26, SN_RX_RD = 0x28, SN_RX_WR = 0x2a, SN_IMR = 0x2c
const OPEN = 0x01, CLOSE = 0x10, SEND = 0x20, RECV = 0x40, IR_RECV = 0x04, IR_SENDOK = 0x10, MACRAW = 4, SR_MACRAW = 0x42
const MEMORY = 16384, LINK = 1, READ_ONLY = [SN_SR, SN_TX_FSR, SN_TX_FSR + 1, SN_TX_RD, SN_TX_RD + 1, SN_RX_RSR, SN_RX_RSR + 1,
  SN_RX_WR, SN_RX_WR + 1]

export class W5500 {
  faults = { sendok: false, deaf: false, length: false }
  counters = { sent: 0, received: 0, dropped: 0, resets: 0 }
  cable = true
  selected = false

  // transmit(frame): it has sent one. interrupt(level): the pin INTn.
  constructor(transmit, interrupt) {
    this.transmit = transmit
    this.interrupt = interrupt
    this.reset()
  }

  reset() {
    this.counters.resets++
    this.common = new Uint8Array(0x40)
    this.sockets = Array.from({ length: 8 }, () => new Uint8Array(0x30))
    this.socket = this.sockets[0]
    this.tx = new Uint8Array(MEMORY)
    this.rx = new Uint8Array(MEMORY)
    this.written = this.read = this.sent = 0 // where received frames end and begin; where sent ones end
    this.update()
  }

  get16(at) { return this.socket[at] << 8 | this.socket[at + 1] }
  set16(at, value) {
    this.socket[at] = value >> 8 & 0xff
    this.socket[at + 1] = value & 0xff
  }

  // What follows from the rest.
  update() {
    this.common[VERSIONR] = 4
    this.common[PHYCFGR] = 0xbe | (this.cable ? LINK : 0)
    this.set16(SN_TX_FSR, MEMORY - (this.get16(SN_TX_WR) - this.sent & 0xffff))
    this.set16(SN_TX_RD, this.sent)
    this.set16(SN_RX_RSR, this.written - this.read & 0xffff)
    this.set16(SN_RX_WR, this.written)
    this.common[SIR] = this.socket[SN_IR] & this.socket[SN_IMR] ? 1 : 0
    this.interrupt((this.common[SIR] & this.common[SIMR]) === 0)
  }

  // A frame comes from the wire.
  receive(frame) {
    const mine = this.common.subarray(SHAR, SHAR + 6)
    const filtered = this.socket[SN_MR] & 0x80 && !(frame[0] & 1) && !mine.every((byte, i) => byte === frame[i])
    if (!this.cable || this.socket[SN_SR] !== SR_MACRAW || filtered) return
    const length = frame.length + 2
    if ((this.written - this.read & 0xffff) + length > MEMORY) {
      this.counters.dropped++
      return
    }
    const told = this.faults.length ? 0xffff : length
    this.faults.length = false
    for (const byte of [told >> 8, told & 0xff, ...frame]) this.rx[this.written++ % MEMORY] = byte
    this.written &= 0xffff
    this.counters.received++
    this.socket[SN_IR] |= IR_RECV
    this.update()
  }

  send() {
    const length = this.get16(SN_TX_WR) - this.sent & 0xffff
    const frame = Buffer.alloc(Math.max(60, length)) // short ones are filled up
    for (let i = 0; i < length; i++) frame[i] = this.tx[(this.sent + i) % MEMORY]
    this.sent = this.get16(SN_TX_WR)
    if (this.faults.sendok || !this.cable) return
    this.socket[SN_IR] |= IR_SENDOK
    this.counters.sent++
    this.transmit(frame)
  }

  command(what) {
    if (what === OPEN && (this.socket[SN_MR] & 15) === MACRAW) {
      this.socket[SN_SR] = SR_MACRAW
      this.written = this.read = this.sent = 0
      this.set16(SN_TX_WR, 0)
      this.set16(SN_RX_RD, 0)
    } else if (what === CLOSE) {
      this.socket[SN_SR] = 0
    } else if (what === SEND && this.socket[SN_SR] === SR_MACRAW) {
      this.send()
    } else if (what === RECV) {
      this.read = this.get16(SN_RX_RD)
    }
    this.socket[SN_CR] = 0
    this.update()
  }

  // The pin CSn: a frame of the bus begins when it falls.
  select(low) {
    this.selected = low
    this.head = []
  }

  // One byte in each direction.
  exchange(byte) {
    if (!this.selected || this.faults.deaf) return 0xff
    if (this.head.length < 3) {
      this.head.push(byte)
      if (this.head.length === 3) {
        this.at = this.head[0] << 8 | this.head[1]
        this.block = byte >> 3
        this.writes = (byte & 4) !== 0
      }
      return this.head.length
    }
    const at = this.at
    this.at = at + 1 & 0xffff
    return this.writes ? this.write(at, byte) : this.fetch(at)
  }

  fetch(at) {
    const kind = this.block & 3
    if (kind === 2) return this.block >> 2 === 0 ? this.tx[at % MEMORY] : 0
    if (kind === 3) return this.block >> 2 === 0 ? this.rx[at % MEMORY] : 0
    return (kind === 0 ? this.common[at & 0x3f] : this.sockets[this.block >> 2][at]) ?? 0
  }

  write(at, byte) {
    const kind = this.block & 3, number = this.block >> 2
    if (kind === 0 && at === MR && byte & 0x80) {
      this.reset()
    } else if (kind === 0) {
      if (at !== SIR && at < VERSIONR) this.common[at] = byte
    } else if (kind === 2 && number === 0) {
      this.tx[at % MEMORY] = byte
      return 0
    } else if (kind === 1 && number === 0 && at === SN_CR) {
      this.command(byte)
    } else if (kind === 1 && number === 0 && at === SN_IR) {
      this.socket[SN_IR] &= ~byte
    } else if (kind === 1 && !READ_ONLY.includes(at)) {
      this.sockets[number][at] = byte
    }
    this.update()
    return 0
  }
}
