// Command kmsgreader says when it had each kill line of the kernel in its hands: the floor of `make bench-stored`. It does
// what a program in C would: one blocking read(2) after the other, and nothing else.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"syscall"
	"time"
)

func main() {
	log, err := syscall.Open("/dev/kmsg", syscall.O_RDONLY, 0)
	if err == nil {
		_, err = syscall.Seek(log, 0, 2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "expected to read /dev/kmsg, got:", err)
		os.Exit(3)
	}
	out := bufio.NewWriter(os.Stdout)
	record := make([]byte, 8192)
	fmt.Fprintln(out, "reading")
	out.Flush()
	for {
		n, err := syscall.Read(log, record)
		now := time.Now()
		if err == syscall.EPIPE || err == syscall.EINTR {
			continue
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "expected a record, got:", err)
			os.Exit(3)
		}
		if fields := bytes.SplitN(record[:n], []byte(","), 3); len(fields) == 3 && bytes.Contains(record[:n], []byte(": Killed process ")) {
			fmt.Fprintf(out, "%s %d\n", fields[1], now.UnixNano())
			out.Flush()
		}
	}
}
