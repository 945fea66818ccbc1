# The third-party sources: one version for the host and all boards. Read by make and, line by line, by fetch.sh.
# NAME = version, Debian's name of the upstream tarball, SHA-256

PIN_mbedtls   = 3.6.6 mbedtls_3.6.6.orig.tar.bz2 8fb65fae8dcae5840f793c0a334860a411f884cc537ea290ce1c52bb64ca007a
PIN_expat     = 2.8.3 expat_2.8.3.orig.tar.gz 533659a16e0184035a99fd8e783f1ad61a887a7bf8586a8681740b9d7ed42389
PIN_libsodium = 1.0.18 libsodium_1.0.18.orig.tar.gz d59323c6b712a1519a5daf710b68f5e7fde57040845ffec53850911f10a5d4f4
PIN_lwip      = 2.2.1 lwip_2.2.1+dfsg1.orig.tar.xz 83729c274c499d3348e9fbbe043a3113f3fa8953e7efddc7c21c7fcbb1f2b7b1
