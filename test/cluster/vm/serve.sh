# Sends the kernel's log out and runs what comes in, until the machine ends. ttyS0 is the console, ttyS1 takes scripts and
# returns their output (serialLine.ts), ttyS2 gets every kmsg record.

# Nothing that serves the host may be killed, whatever a script does. Scripts inherit it, until they set another.
echo -1000 > /proc/self/oom_score_adj

# One read is one record.
stty raw -echo < /dev/ttyS2
dd bs=8192 if=/dev/kmsg of=/dev/ttyS2 &

exec 3<> /dev/ttyS1
stty raw -echo <&3
echo ready >&3
while read -r number script <&3; do
  echo "$script" | base64 -d > /tmp/script
  sh -e /tmp/script > /tmp/output 2>&1 3<&-
  echo "$number $? $(base64 -w 0 /tmp/output)" >&3
done
