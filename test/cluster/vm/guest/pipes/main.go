// Command pipes eats kernel memory in blocks of 16 KiB, which no process's size shows: pipes 1000. A pipe of 1 MiB has
// 256 slots of 40 bytes, and the kernel asks for them in one piece of order 2 (fs/pipe.c, pipe_resize_ring).
package main

import (
	"fmt"
	"os"
	"strconv"
	"syscall"
)

// include/uapi/linux/fcntl.h
const setPipeSize = 1031

func main() {
	if len(os.Args) != 2 {
		fail("expected how many")
	}
	count, err := strconv.Atoi(os.Args[1])
	if err != nil {
		fail("expected how many, got " + os.Args[1])
	}
	files := uint64(2*count + 64)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: files, Max: files}); err != nil {
		fail(fmt.Sprint(files, " open files not allowed: ", err))
	}
	for n := 0; n < count; n++ {
		var ends [2]int
		if err := syscall.Pipe(ends[:]); err != nil {
			fail(fmt.Sprint("pipe ", n, " not made: ", err))
		}
		if _, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(ends[0]), setPipeSize, 1<<20); errno != 0 {
			fail(fmt.Sprint("pipe ", n, " not grown: ", errno))
		}
	}
	fmt.Println("holding", count, "pipes")
	select {}
}

func fail(problem string) {
	fmt.Fprintln(os.Stderr, "pipes: "+problem)
	os.Exit(2)
}
