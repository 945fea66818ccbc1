# shellcheck shell=sh disable=SC2034 # read by boards/bare/run.sh
emulator=qemu-system-riscv32
machine='virt -m 16M -bios none -global virtio-mmio.force-legacy=false'
network='-netdev user,id=net -device virtio-net-device,netdev=net'
provision=0x803ff000 # where the page of the certificate authority lies (memory.ld)
