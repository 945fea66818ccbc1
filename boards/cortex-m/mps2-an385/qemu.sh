# shellcheck shell=sh disable=SC2034 # read by boards/bare/run.sh
emulator=qemu-system-arm
machine=mps2-an385
network='-nic user,id=net,model=lan9118'
provision=0x3ff000 # where the page of the certificate authority lies (memory.ld)
