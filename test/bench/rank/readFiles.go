// The same as readFiles.c, where there is no C compiler.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

func main() {
	var paths []string
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		paths = append(paths, lines.Text())
	}
	rounds, _ := strconv.Atoi(os.Args[1])
	buffer := make([]byte, 16384)
	for ; rounds > 0; rounds-- {
		start := time.Now()
		proc, err := os.Open("/proc")
		if err != nil {
			os.Exit(3)
		}
		proc.Readdirnames(-1)
		proc.Close()
		for _, path := range paths {
			descriptor, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
			if err != nil {
				continue
			}
			syscall.Read(descriptor, buffer)
			syscall.Close(descriptor)
		}
		fmt.Printf("%.3f\n", float64(time.Since(start).Microseconds())/1000)
	}
}
