//go:build unix && !race

package graph

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// hostileBodies are requests that ask for as much as they can, of the size of the largest body.
func hostileBodies() map[string]string {
	const declared = `mutation ($p: JSONObject) { updateProfile(input: {profile: $p}) { errors { code } } }`
	fill := func(before, unit, after string) string {
		n := (maxBody - len(before) - len(after)) / (len(unit) + 1)
		return before + strings.Repeat(unit+",", n-1) + unit + after
	}
	bodies := map[string]string{}
	for name, unit := range map[string]string{"zeros": `0`, "lists": `[]`, "objects": `{}`, "members": `{"":0}`, "texts": `""`, "long texts": `"` + strings.Repeat("é", 500) + `"`, "escapes": `"` + strings.Repeat(`\u00e9`, 50) + `"`, "numbers": `1e300`, "nested": `[[[[[[[[[[]]]]]]]]]]`} {
		bodies[name+" in a variable"] = fill(`{"query":"`+declared+`","variables":{"p":{"x":[`, unit, `]}}}`)
		bodies[name+" as a list in a variable"] = fill(`{"query":"`+declared+`","variables":{"p":[`, unit, `]}}`)
		bodies[name+" in a variable that is not declared"] = fill(`{"query":"{__typename}","variables":{"a":[`, unit, `]}}`)
		bodies[name+" in extensions"] = fill(`{"query":"{__typename}","extensions":{"a":[`, unit, `]}}`)
		bodies[name+" beside a document that is refused"] = fill(`{"query":"{","variables":{"a":[`, unit, `]}}`)
		bodies[name+" in a list that goes on below the bound"] = fmt.Sprintf(`{"query":"%s","variables":{"p":{"x":[%s0]}}}`, declared, strings.Repeat(unit+",", min(maxValues/3, maxBody/(len(unit)+2))))
	}
	members := func(format string) string {
		var b strings.Builder
		for i := 0; b.Len() < maxBody-300; i++ {
			fmt.Fprintf(&b, format, i)
		}
		return b.String()
	}
	bodies["many variables"] = `{"query":"{__typename}","variables":{` + members(`"%d":0,`) + `"x":0}}`
	bodies["many members"] = `{"query":"` + declared + `","variables":{"p":{` + members(`"%d":0,`) + `"x":0}}}`
	bodies["many names"] = `{"query":"{__typename}",` + members(`"%d":0,`) + `"x":0}`
	bodies["deep"] = `{"query":"` + declared + `","variables":{"p":` + strings.Repeat(`[`, maxBody/2-100) + strings.Repeat(`]`, maxBody/2-100) + `}}`
	for name, document := range hostileDocuments() {
		bodies[name] = fmt.Sprintf(`{"query":%q}`, document)
	}
	return bodies
}

// hostileDocuments are documents within the bounds of guard, or barely beyond them.
func hostileDocuments() map[string]string {
	var aliased, fragments, variables strings.Builder
	for i := range maxRootFields {
		fmt.Fprintf(&aliased, "a%d: __schema { types { name fields { name args { name type { name ofType { name } } } type { name ofType { name } } } inputFields { name type { name } } enumValues { name } } } ", i)
	}
	for i := range 60 {
		fmt.Fprintf(&fragments, " fragment F%d on User { id email name ...F%d }", i, i+1)
		fmt.Fprintf(&variables, "$v%d: [String!]! = [\"a\"] ", i)
	}
	return map[string]string{
		"aliased introspection": "{ " + aliased.String() + "}",
		"one field very often":  "{ " + strings.Repeat("me { id } ", maxRootFields) + "}",
		"the same below":        "{ me { " + strings.Repeat("id ", maxSelections-2) + "} }",
		"a chain of fragments":  "{ me { ...F0 } }" + fragments.String() + " fragment F60 on User { id }",
		"unused variables":      "query (" + variables.String() + ") { me { id } }",
		"directives":            "{ me " + strings.Repeat("@skip(if: false) ", 150) + "{ id } }",
		"a literal":             `mutation { updateProfile(input: {profile: {x: [` + strings.Repeat("{},", 300) + `]}}) { errors { code } } }`,
		"inputs":                "mutation { " + strings.Repeat(`register(input: {email: "a", password: "b"}) { errors { code path } } `, maxMutations) + "}",
	}
}

func hostileHandler() http.Handler {
	return NewHandler(nil, slog.New(slog.DiscardHandler), Options{Introspection: true})
}

// TestHostileRequestsTakeLittleMemory sends each hostile body 24 times at once.
func TestHostileRequestsTakeLittleMemory(t *testing.T) {
	const atOnce, bound = 24, 100 << 20
	h := hostileHandler()
	for name, body := range hostileBodies() {
		t.Run(name, func(t *testing.T) {
			runtime.GC()
			idle := heapNow()
			var senders sync.WaitGroup
			for range atOnce {
				senders.Go(func() { send(h, body) })
			}
			done := make(chan struct{})
			go func() { senders.Wait(); close(done) }()
			peak := idle
			for sampling := true; sampling; {
				select {
				case <-done:
					sampling = false
				case <-time.After(200 * time.Microsecond):
				}
				peak = max(peak, heapNow())
			}
			if used := int64(peak) - int64(idle); used > bound {
				t.Errorf("got a heap of %d MB above idle, want at most %d MB", used>>20, bound>>20)
			}
		})
	}
}

// heapNow is what the heap holds, garbage that was not swept included, in bytes.
func heapNow() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// TestHostileRequestsTakeLittleTime bounds the time of the processor that each takes, the least of some tries: what
// else runs on the machine does not count.
func TestHostileRequestsTakeLittleTime(t *testing.T) {
	const bound = 100 * time.Millisecond
	h := hostileHandler()
	for name, body := range hostileBodies() {
		t.Run(name, func(t *testing.T) {
			least := time.Hour
			for range 5 {
				runtime.GC()
				before := processorTime(t)
				send(h, body)
				if least = min(least, processorTime(t)-before); least <= bound {
					break
				}
			}
			if least > bound {
				t.Errorf("got %v of the processor, want at most %v", least, bound)
			}
		})
	}
}

func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
