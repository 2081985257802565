// Command cadvisor-oom reads kmsg records from a file with cadvisor's oomparser, the one in the kubelet, and says how long
// that took: the peer of `make bench-parse`.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"time"
	"unsafe"

	"github.com/euank/go-kmsg-parser/kmsgparser"
	"github.com/google/cadvisor/utils/oomparser"
)

// passes is how often the file is read: the first one warms up, in either program.
const passes = 5

// fileParser hands out the records of a file as kmsgparser does those of the device.
type fileParser struct{ content []byte }

func (p *fileParser) SetLogger(kmsgparser.Logger) {}
func (p *fileParser) SeekEnd() error              { return nil }
func (p *fileParser) Close() error                { return nil }

func (p *fileParser) Parse() <-chan kmsgparser.Message {
	out := make(chan kmsgparser.Message)
	go func() {
		defer close(out)
		for rest := p.content; len(rest) > 0; {
			line, after, _ := bytes.Cut(rest, []byte{'\n'})
			rest = after
			// Lines that begin with a blank are a record's dictionary.
			if len(line) == 0 || line[0] == ' ' {
				continue
			}
			if message, ok := parse(line); ok {
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
	seconds := make([]float64, 0, passes)
	kills := 0
	for pass := 0; pass < passes; pass++ {
		started := time.Now()
		kills = countKills(content)
		seconds = append(seconds, time.Since(started).Seconds())
	}
	said, _ := json.Marshal(map[string]any{"seconds": seconds, "kills": kills})
	fmt.Println(string(said))
}

func countKills(content []byte) int {
	reader := &oomparser.OomParser{}
	field := reflect.ValueOf(reader).Elem().FieldByName("parser")
	parser := &fileParser{content}
	reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem().Set(reflect.ValueOf(parser))
	kills := 0
	out := make(chan *oomparser.OomInstance, 10)
	go func() {
		reader.StreamOoms(out)
		close(out)
	}()
	for range out {
		kills++
	}
	return kills
}
