# shellcheck shell=sh disable=SC2034 # read by boards/bare/run.sh
machine=lm3s6965evb
nic=stellaris
provision=0x3f000 # where the page of the certificate authority lies (memory.ld)
