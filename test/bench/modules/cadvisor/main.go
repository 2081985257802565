// Command cadvisor-oom reads kmsg records from a file with cadvisor's oomparser, the one in the kubelet, and says how long
// that took: the peer of `make bench-parse`.
package main

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"time"
	"unsafe"

	"github.com/euank/go-kmsg-parser/kmsgparser"
	"github.com/google/cadvisor/utils/oomparser"
)

// fileParser hands out the records of a file as kmsgparser does those of the device.
type fileParser struct{ records [][]byte }

func (p *fileParser) SetLogger(kmsgparser.Logger) {}
func (p *fileParser) SeekEnd() error              { return nil }
func (p *fileParser) Close() error                { return nil }

func (p *fileParser) Parse() <-chan kmsgparser.Message {
	out := make(chan kmsgparser.Message)
	go func() {
		defer close(out)
		for _, record := range p.records {
			if message, ok := parse(record); ok {
				out <- message
			}
		}
	}()
	return out
}

// parse is kmsgparser's parseMessage, which is not exported.
func parse(record []byte) (kmsgparser.Message, bool) {
	head, text, found := bytes.Cut(record, []byte{';'})
	fields := bytes.Split(head, []byte{','})
	if !found || len(fields) < 3 {
		return kmsgparser.Message{}, false
	}
	priority, _ := strconv.Atoi(string(fields[0]))
	sequence, _ := strconv.Atoi(string(fields[1]))
	usec, _ := strconv.ParseInt(string(fields[2]), 10, 64)
	return kmsgparser.Message{
		Priority:       priority,
		SequenceNumber: sequence,
		Timestamp:      time.UnixMicro(usec),
		Message:        string(text) + "\n",
	}, true
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: cadvisor-oom FILE")
		os.Exit(2)
	}
	content, err := os.ReadFile(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	parser := &fileParser{}
	for _, line := range bytes.Split(content, []byte{'\n'}) {
		// Lines that begin with a blank are a record's dictionary.
		if len(line) > 0 && line[0] != ' ' {
			parser.records = append(parser.records, line)
		}
	}
	reader := &oomparser.OomParser{}
	field := reflect.ValueOf(reader).Elem().FieldByName("parser")
	reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem().Set(reflect.ValueOf(parser))

	started := time.Now()
	kills := 0
	out := make(chan *oomparser.OomInstance, 10)
	go func() {
		reader.StreamOoms(out)
		close(out)
	}()
	for range out {
		kills++
	}
	fmt.Printf("{\"seconds\":%f,\"kills\":%d}\n", time.Since(started).Seconds(), kills)
}
