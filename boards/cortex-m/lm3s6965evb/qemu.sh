# shellcheck shell=sh disable=SC2034 # read by boards/bare/run.sh
emulator=qemu-system-arm
machine=lm3s6965evb
network='-nic user,id=net,model=stellaris'
provision=0x3f000 # where the page of the certificate authority lies (memory.ld)
