// The other end of the cable: a QEMU without a machine, whose user-mode network gives addresses and names and reaches this
// machine as 10.0.2.2, as for the boards that QEMU emulates. Frames go there as datagrams.
import dgram from 'node:dgram'
import { spawn } from 'node:child_process'

const bound = () => new Promise(resolve => {
  const socket = dgram.createSocket('udp4')
  socket.bind(0, '127.0.0.1', () => resolve(socket))
})

// receive(frame). Gives {send(frame), end()}.
export async function connect(receive) {
  const ours = await bound(), theirs = await bound()
  const port = theirs.address().port
  await new Promise(resolve => theirs.close(resolve))
  const qemu = spawn('qemu-system-arm', ['-M', 'none', '-nographic', '-monitor', 'none', '-serial', 'none',
    '-netdev', `socket,id=cable,udp=127.0.0.1:${ours.address().port},localaddr=127.0.0.1:${port}`, '-netdev', 'user,id=net',
    '-netdev', 'hubport,id=a,hubid=0,netdev=cable', '-netdev', 'hubport,id=b,hubid=0,netdev=net'],
  { stdio: ['ignore', 'ignore', 'ignore'] })
  qemu.on('error', error => {
    console.error(`emulator: qemu-system-arm, which is the network: ${error.message}`)
    process.exit(2)
  })
  process.on('exit', () => qemu.kill())
  ours.on('message', receive)
  ours.on('error', () => {}) // it is not listening yet
  return { send: frame => ours.send(frame, port, '127.0.0.1'), end: () => qemu.kill() }
}
