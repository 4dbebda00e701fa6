package main

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// stretch is one of so many requests, of which the slowest two in a hundred took as long as that.
func stretch(requests int, slow time.Duration) (l latencies) {
	for i := range requests {
		took := time.Millisecond
		if i%50 == 0 {
			took = slow
		}
		l = append(l, took)
	}
	return l
}

func TestOneBadStretchDecidesNothing(t *testing.T) {
	l := newLatency([]latencies{stretch(1000, 8*time.Millisecond), stretch(1000, time.Second), stretch(1200, 9*time.Millisecond)})
	if l.P50 != 1 || l.P99 != 9 || l.P99Low != 8 || l.P99High != 1000 || l.Together || l.Requests != 1000 || l.Stretches != 3 {
		t.Errorf("it is %+v", l)
	}
}

func TestFewRequestsAreTakenTogether(t *testing.T) {
	l := newLatency([]latencies{stretch(100, 8*time.Millisecond), stretch(50, 20*time.Millisecond)})
	if l.P50 != 1 || l.P99 != 8 || l.P99Low != 8 || l.P99High != 20 || !l.Together || l.Requests != 50 {
		t.Errorf("it is %+v: it must be of 150 requests, of which the slowest took 20 ms and two others 8 ms", l)
	}
}

func TestEachRunsBehindEachOther(t *testing.T) {
	var order []string
	contender := func(name string, rate float64) limit {
		return limit{name: name, rate: func(context.Context, time.Duration) (float64, error) {
			order = append(order, name)
			return rate, nil
		}}
	}
	b := &bench{plan: plan{rounds: 2}}
	rates, err := b.inTurns(t.Context(), contender("a", 1), contender("b", 2))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(order, " "); got != "a b b a a b" {
		t.Errorf("the order is %s", got)
	}
	if !slices.Equal(rates[0], []float64{1, 1}) || !slices.Equal(rates[1], []float64{2, 2}) {
		t.Errorf("the rates are %v: the first round does not count, and each has its own", rates)
	}
}

func TestWhatIsRefusedIsNotDone(t *testing.T) {
	address := server(t, func(int) string { return "HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n\"RATE_LIMITED\"" })
	rate, err := saturate(t.Context(), []string{address}, ping("pong"), 2, 20*time.Millisecond)
	if err != nil || rate != 0 {
		t.Errorf("%.0f/s were done (%v)", rate, err)
	}
}

func TestCachesAreFilledOnEachServerWithEverybody(t *testing.T) {
	var asked [2]map[string]int
	var addresses []string
	for i := range asked {
		asked[i] = map[string]int{}
		addresses = append(addresses, server(t, func(int) string { return pong }))
	}
	o := me(opMe, bearer, []string{"ada", "bob", "cyd"})
	take, on := o.take, 0
	o.take = func() (string, bool) {
		subject, ok := take()
		asked[on/3][subject]++
		on++
		return subject, ok
	}
	o.done = expect("pong")
	if err := fill(t.Context(), addresses, o, 1); err != nil {
		t.Fatal(err)
	}
	for i := range asked {
		if len(asked[i]) != 3 || on != 6 {
			t.Errorf("of %d requests, those to server %d were for %v", on, i, asked[i])
		}
	}
}

func TestSomeSessionsEndAmongThoseWhoAsk(t *testing.T) {
	o := ending([]string{"ada", "bob"}, []string{"spare-ada", "spare-bob"})
	ended := 0
	for range 2 * endEvery {
		subject, ok := o.take()
		if !ok {
			t.Fatal("got nobody left, want somebody")
		}
		request := string(o.request(nil, subject))
		logsOut := strings.Contains(request, "logout")
		if logsOut != strings.Contains(request, "Bearer spare-") {
			t.Fatalf("the request is\n%s", request)
		}
		answer := `{"email":"user-1"}`
		if logsOut {
			ended++
			answer = `{"data":{"logout":{"errors":[]}}}`
		}
		if _, err := o.done(subject, 200, []byte(answer)); err != nil {
			t.Errorf("the answer to\n%s\nis not taken: %v", request, err)
		}
	}
	if ended != 2 {
		t.Errorf("%d sessions ended, want 2", ended)
	}
}

const traces = `File: latchkey
Type: cpu
Duration: 1s, Total samples = 100ms
-----------+-------------------------------------------------------
     30ms   runtime.mallocgc
             github.com/latchkey-auth/latchkey/graph.(*handler).ServeHTTP
             net/http.(*conn).serve (inline)
-----------+-------------------------------------------------------
    70.50ms   slices.Sort[go.shape.[]github.com/latchkey-auth/latchkey/graph.problem]
             net/http.HandlerFunc.ServeHTTP
             net/http.(*conn).serve
-----------+-------------------------------------------------------
   0.10ms   syscall.Syscall
-----------+-------------------------------------------------------
`

func TestSamplesAreAddedUpByPackage(t *testing.T) {
	want := `of itself  with what it calls
    70.1%                 70.1%  slices
    29.8%                 29.8%  runtime
     0.0%                 99.9%  net/http
     0.0%                 29.8%  github.com/latchkey-auth/latchkey/graph
`
	if got := byPackage(traces); got != want {
		t.Errorf("it is\n%s\nwant\n%s", got, want)
	}
}

func TestScenesAreFiles(t *testing.T) {
	for what, want := range map[string]string{
		"me, uncached": "me-uncached-postgres", "refreshSession": "refreshsession-postgres", "me with 1000000 users": "me-with-1000000-users-postgres",
	} {
		if got := sceneOf(what, postgres); got != want {
			t.Errorf("%q is %q, want %q", what, got, want)
		}
	}
}

func TestRatiosKeepTheirLimits(t *testing.T) {
	got := ratio("x", []float64{2, 2}, []float64{4, 8})
	if math.Abs(got.Median-0.375) > 1e-9 || got.LimitLow != 4 || got.LimitHigh != 8 || got.LimitPerSecond != 6 {
		t.Errorf("it is %+v", got)
	}
}
