#!/bin/sh
# The first process of a machine that is a node of the cluster: what Debian's own init would have done, its network, and its
# programs (programs.sh), started again when they end. What they say goes to ttyS3. Everything named here is in /opt/node.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
cd /opt/node
. ./settings.sh

hostname "$NAME"
mount -t tmpfs -o mode=755 run /run
mount -t tmpfs tmp /tmp
mkdir -p /dev/pts /dev/shm
mount -t devpts -o ptmxmode=666 devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount --make-rshared /

modprobe -a virtio_net overlay br_netfilter
until [ -e /sys/class/net/eth0 ]; do sleep 0.1; done
ip link set lo up
ip address add "$ADDRESS/30" dev eth0
ip link set eth0 up
ip route add default via "$GATEWAY"
sysctl -q -w net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1
stty raw -echo < /dev/ttyS3

for controller in cpu cpuset io memory pids; do
  echo "+$controller" > /sys/fs/cgroup/cgroup.subtree_control
done

# start NAME PROGRAM …: in a cgroup of its own, and as unlikely a victim as systemd makes of it.
start() {
  cgroup=/sys/fs/cgroup/system/$1
  shift
  mkdir -p "$cgroup"
  (
    echo -999 > /proc/self/oom_score_adj
    echo 0 > "$cgroup/cgroup.procs"
    while :; do
      "$@" < /dev/null > /dev/ttyS3 2>&1
      sleep 1
    done
  ) &
}

# The kubelet needs the image of sandboxes, and the others are not pulled.
import_images() {
  until ctr version > /dev/null 2>&1; do sleep 0.2; done
  for archive in images/*.tar; do ctr -n k8s.io images import "$archive" > /dev/ttyS3 2>&1; done
}

. ./programs.sh
. ./serve.sh
