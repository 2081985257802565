// Command onnode runs a program whose memory comes from one NUMA node only: onnode 1 hog --mib 200.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"unsafe"
)

// include/uapi/linux/mempolicy.h
const mpolBind = 2

func main() {
	if len(os.Args) < 3 {
		fail("expected a node and a program")
	}
	node, err := strconv.Atoi(os.Args[1])
	if err != nil || node < 0 || node > 63 {
		fail("expected a node from 0 to 63, got " + os.Args[1])
	}
	runtime.LockOSThread() // The policy is the thread's; exec keeps the one of the thread that calls it.
	mask := uint64(1) << node
	// The kernel takes one bit less than it is told.
	_, _, errno := syscall.Syscall(syscall.SYS_SET_MEMPOLICY, mpolBind, uintptr(unsafe.Pointer(&mask)), 65)
	if errno != 0 {
		fail("policy not set: " + errno.Error())
	}
	fail(fmt.Sprint(os.Args[2], " not started: ", syscall.Exec(os.Args[2], os.Args[2:], os.Environ())))
}

func fail(problem string) {
	fmt.Fprintln(os.Stderr, "onnode: "+problem)
	os.Exit(2)
}
