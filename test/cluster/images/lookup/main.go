// Command lookup asks for a host name as programs in a pod do, by the pod's own resolv.conf, and prints the addresses.
package main

import (
	"fmt"
	"net"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintf(os.Stderr, "lookup: expected one name, got %q\n", os.Args[1:])
		os.Exit(2)
	}
	addresses, err := net.LookupHost(os.Args[1])
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for _, address := range addresses {
		fmt.Println(address)
	}
}
