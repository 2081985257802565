#!/bin/busybox sh
# The guest's first process: mounts what a kernel needs, then serves the host (serve.sh); with files of a node in /node it
# goes on as one, from a disk (node.sh).
/bin/busybox mkdir -p /proc /sys /dev /tmp /bin
/bin/busybox --install -s /bin
export PATH=/bin HOME=/
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev

# CGROUP comes from the kernel's command line.
if [ "$CGROUP" = v1 ]; then
  mount -t tmpfs cgroup /sys/fs/cgroup
  mkdir /sys/fs/cgroup/memory
  mount -t cgroup -o memory memory /sys/fs/cgroup/memory
else
  mount -t cgroup2 cgroup /sys/fs/cgroup
  echo '+memory +cpuset' > /sys/fs/cgroup/cgroup.subtree_control
fi

if [ -d /node ]; then
  mkdir /disk
  until [ -b /dev/nvme0n1 ]; do sleep 0.1; done
  mount -t ext4 /dev/nvme0n1 /disk
  cp -a /node/. /disk/
  cp /bin/busybox /disk/usr/local/bin/
  cp /serve.sh /disk/opt/node/
  for folder in proc sys dev; do mount -o move /$folder /disk/$folder; done
  exec switch_root /disk /bin/sh /opt/node/node.sh
fi

. /serve.sh
