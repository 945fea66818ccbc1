# shellcheck shell=sh disable=SC2034 # read by boards/bare/run.sh
machine=mps2-an385
nic=lan9118
provision=0x3ff000 # where the page of the certificate authority lies (memory.ld)
