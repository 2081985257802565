// Command hog eats memory: how much, how fast, in PID 1 or in a child of it, touched or only reserved.
// With --in child the parent stays small and outlives its child, as a server with a greedy worker does.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"
)

type options struct {
	mib          int
	mibPerSecond int
	touch        bool
	in           string
	name         string
	delay        time.Duration
	repeat       int
	every        time.Duration
}

func main() {
	var o options
	flag.IntVar(&o.mib, "mib", 64, "how much memory to take, in MiB")
	flag.IntVar(&o.mibPerSecond, "mib-per-second", 0, "how fast; 0 is as fast as it goes")
	flag.BoolVar(&o.touch, "touch", true, "write to every page; false only reserves the addresses")
	flag.StringVar(&o.in, "in", "self", "who eats: self or child")
	flag.StringVar(&o.name, "name", "hog", "what the eater is called (comm, at most 15 bytes)")
	flag.DurationVar(&o.delay, "delay", 0, "wait before eating")
	flag.IntVar(&o.repeat, "repeat", 1, "with --in child: how many children, one after the other's death")
	flag.DurationVar(&o.every, "every", 0, "with --in child: wait between a death and the next child")
	flag.Parse()
	if problem := o.problem(); problem != "" {
		fmt.Fprintln(os.Stderr, "hog: "+problem)
		os.Exit(2)
	}

	// PID 1 has no default reaction to SIGTERM: without this a pod takes its whole grace period to go.
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		<-stop
		os.Exit(0)
	}()

	if o.in == "self" {
		eat(o)
	} else {
		raise(o)
	}
	select {}
}

func (o options) problem() string {
	switch {
	case flag.NArg() > 0:
		return fmt.Sprintf("expected flags only, got %q", flag.Arg(0))
	case o.in != "self" && o.in != "child":
		return fmt.Sprintf("expected --in self or --in child, got %q", o.in)
	case o.mib < 0 || o.mibPerSecond < 0 || o.repeat < 0:
		return "expected --mib, --mib-per-second and --repeat to be 0 or more"
	case len(o.name) > 15:
		return fmt.Sprintf("expected --name of at most 15 bytes, got %d", len(o.name))
	}
	return ""
}

// raise starts one child after the other and says how each ended. It never eats itself.
func raise(o options) {
	runtime.LockOSThread() // The death signal below is bound to the thread that started the child.
	for n := 0; n < o.repeat; n++ {
		if n > 0 {
			time.Sleep(o.every)
		}
		args := []string{
			"hog", "--in", "self", fmt.Sprintf("--mib=%d", o.mib), fmt.Sprintf("--mib-per-second=%d", o.mibPerSecond),
			fmt.Sprintf("--touch=%t", o.touch), "--delay=" + o.delay.String(), "--name=" + o.name,
		}
		child, err := os.StartProcess("/proc/self/exe", args, &os.ProcAttr{
			Env: os.Environ(), Files: []*os.File{os.Stdin, os.Stdout, os.Stderr},
			Sys: &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL},
		})
		if err != nil {
			fmt.Println("child could not be started:", err)
			continue
		}
		fmt.Printf("child %d started\n", child.Pid)
		state, err := child.Wait()
		if err != nil {
			fmt.Printf("child %d lost: %v\n", child.Pid, err)
			continue
		}
		if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			fmt.Printf("child %d killed by signal %d\n", child.Pid, status.Signal())
		} else {
			fmt.Printf("child %d exited with %d\n", child.Pid, state.ExitCode())
		}
	}
	fmt.Println("no more children")
}

// eat maps anonymous memory outside the Go heap, so that what is resident is what was asked for and one runtime (about 2 MiB).
func eat(o options) {
	if o.name != "" {
		// Through /proc the name goes to the thread-group leader, which is the one the kernel's OOM killer prints.
		if err := os.WriteFile("/proc/self/comm", []byte(o.name), 0); err != nil {
			fmt.Println("name not set:", err)
		}
	}
	debug.SetGCPercent(-1)
	runtime.GOMAXPROCS(1)
	time.Sleep(o.delay)
	if o.mib == 0 {
		return
	}
	memory, err := syscall.Mmap(-1, 0, o.mib<<20, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_ANON|syscall.MAP_PRIVATE|syscall.MAP_NORESERVE)
	if err != nil {
		fmt.Fprintf(os.Stderr, "hog: %d MiB not mapped: %v\n", o.mib, err)
		os.Exit(1)
	}
	if !o.touch {
		fmt.Printf("reserved %d MiB\n", o.mib)
		return
	}
	fmt.Printf("taking %d MiB\n", o.mib)
	started := time.Now()
	for done := 0; done < o.mib; done++ {
		if o.mibPerSecond > 0 {
			due := time.Duration(done) * time.Second / time.Duration(o.mibPerSecond)
			time.Sleep(due - time.Since(started))
		}
		for page := done << 20; page < (done+1)<<20; page += 4096 {
			memory[page] = 1
		}
	}
	fmt.Printf("holding %d MiB\n", o.mib)
}
