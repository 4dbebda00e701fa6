package e2e

import (
	"context"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/mail/smtptest"
)

// suspicious is the |z| from which on a comparison is measured again. The rule by which times are judged:
//
// Two times of each question are measured: how long the answer took, and the echo, which is how long
// another request took right after it, by the same client about an address that nobody has: the mail that
// the question owes is composed then.
//
// One client asks over one connection, in an order that is shuffled as a whole (not in rounds, in which
// a standing would never come after itself), each time when no mail is owed any more. So the noise of
// a busy machine, in bursts or not, falls on all alike, and a test of ranks needs nothing else to hold.
// Each standing is compared with the unknown, of which there are twice as many samples: 28 comparisons
// of answers on each database, and 28 of echoes.
//
// A comparison whose |z| is 3.5 or more is suspicious; without a leak one in 2,150 is, by chance. Then
// that question is measured anew, with twice the samples, and the test fails if the same comparison is
// suspicious again, in the same direction: by chance in one of 112 * 1/2,150 * 1/4,300, or 80,000, runs.
//
// With n samples a standing is suspicious whose time is the longer one in more than 0.5 + 3.5 *
// sqrt((3n+1)/(24*n*n)) of all pairs: in 70 of 100 for 40 samples, 76 for 24, 87 for 12. A hash that is left
// out makes it nearly 100 of 100, and fails always. What is smaller than that beside a hash is found
// by counting: see TestKnownAndUnknownAddressesAreTheSameWork.
const suspicious = 3.5

// TestTimesAreTheSameForEverybody asks a server about addresses that nobody has, and about all others,
// and compares how long it takes. It is not parallel with other tests.
func TestTimesAreTheSameForEverybody(t *testing.T) {
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			settings := database(t)
			people := accounts(t, settings, 3, unknown, confirmed, disabled, waiting, passwordless)
			p := serve(t, settings, equalSettings, mailTo(smtptest.New(t)))
			p.wait(people[waiting])
			begun := time.Now()
			w := newStopwatch(t, p, people)
			for _, q := range questions {
				suspects := w.measure(q, q.samples).suspects()
				if len(suspects) == 0 {
					continue
				}
				t.Logf("suspected of %q, and measured again: %+v", q.name, suspects)
				for _, again := range w.measure(q, 2*q.samples).suspects() {
					for _, first := range suspects {
						if first.standing == again.standing && first.what == again.what && first.z*again.z > 0 {
							t.Errorf("%s of %q tells who is %s: z was %.1f, and is %.1f when measured again; in %.0f of 100 pairs it takes longer than for the unknown, by %v in the median",
								again.what, q.name, again.standing, first.z, again.z, 100*again.longer, again.by)
						}
					}
				}
			}
			t.Logf("it took %v", time.Since(begun).Round(time.Second))
		})
	}
}

// stopwatch takes the times of questions, one after the other, over one connection.
type stopwatch struct {
	t      *testing.T
	p      *process
	client *http.Client
	people map[standing][]person
	owed   int // mails that the server has been made to owe
	fresh  int // numbers of addresses that were never asked about
}

func newStopwatch(t *testing.T, p *process, people map[standing][]person) *stopwatch {
	t.Helper()
	transport := &http.Transport{MaxConnsPerHost: 1}
	t.Cleanup(transport.CloseIdleConnections)
	w := &stopwatch{t: t, p: p, client: &http.Client{Transport: transport}, people: people, fresh: 1000}
	w.owed = len(people[waiting])
	return w
}

// sample is one question, and what came right after it.
type sample struct{ answer, echo time.Duration }

// comparison is what a rank test says of the times of a standing.
type comparison struct {
	what      string // the answer, or the echo
	standing  standing
	z, longer float64
	by        time.Duration // how much longer its median is
}

type samples map[standing][]sample

// measure asks a question n times about each standing, and twice as often about the unknown.
func (w *stopwatch) measure(q question, n int) samples {
	w.t.Helper()
	var order []standing
	for standing := range w.people {
		times := n
		if standing == unknown {
			times *= 2
		}
		for range times {
			order = append(order, standing)
		}
	}
	rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })

	for range 5 { // not counted: caches fill
		w.sample(q, unknown)
	}
	taken := samples{}
	for _, standing := range order {
		taken[standing] = append(taken[standing], w.sample(q, standing))
	}
	return taken
}

func (w *stopwatch) sample(q question, about standing) sample {
	w.t.Helper()
	w.settle()
	who := w.people[about][rand.IntN(len(w.people[about]))]
	if q.signsUp && about == unknown {
		who = w.nobody()
	}
	_, answer := q.put(w.p, w.client, who)
	_, echo := probe.put(w.p, w.client, w.nobody())
	w.owed += 2
	return sample{answer: answer, echo: echo}
}

// probe is what is asked to hear the echo: a quick question that writes.
var probe = questions[4]

// nobody returns a person whom nothing was ever asked about.
func (w *stopwatch) nobody() person {
	w.fresh++
	return person{number: w.fresh, standing: unknown}
}

// settle waits until all mail that was owed has left, or turned out to be nobody's.
func (w *stopwatch) settle() {
	w.t.Helper()
	again := time.NewTicker(time.Millisecond) // who asks all the time keeps the mail from leaving
	defer again.Stop()
	deadline := time.After(30 * time.Second)
	for w.done() < w.owed {
		select {
		case <-again.C:
		case <-deadline:
			w.t.Fatalf("%d of %d mails are done after 30 s", w.done(), w.owed)
		}
	}
}

// done returns how many mails the server is done with.
func (w *stopwatch) done() int {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+metricsAddr.FindStringSubmatch(w.p.output.String())[1]+"/metrics", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Accept-Encoding", "identity") // the server has better to do than to compress it
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	done := 0
	for line := range strings.Lines(string(body)) {
		if strings.HasPrefix(line, "latchkey_mails_total{") && (strings.Contains(line, `"sent"`) || strings.Contains(line, `"nobody"`)) {
			count, err := strconv.ParseFloat(strings.TrimSpace(line[strings.LastIndexByte(line, ' '):]), 64)
			if err != nil {
				w.t.Fatal(err)
			}
			done += int(count)
		}
	}
	return done
}

// suspects returns the comparisons that are suspicious.
func (s samples) suspects() (suspects []comparison) {
	for _, c := range s.compare() {
		if math.Abs(c.z) >= suspicious {
			suspects = append(suspects, c)
		}
	}
	return suspects
}

// times returns one of the times of each sample.
func times(taken []sample, of func(sample) time.Duration) []time.Duration {
	all := make([]time.Duration, len(taken))
	for i, s := range taken {
		all[i] = of(s)
	}
	return all
}

// compare compares each standing with the unknown, by its answers and by its echoes.
func (s samples) compare() (all []comparison) {
	for what, of := range map[string]func(sample) time.Duration{
		"the answer": func(s sample) time.Duration { return s.answer },
		"the echo":   func(s sample) time.Duration { return s.echo },
	} {
		base := times(s[unknown], of)
		for standing, taken := range s {
			if standing == unknown {
				continue
			}
			these := times(taken, of)
			z, longer := rankTest(base, these)
			all = append(all, comparison{what: what, standing: standing, z: z, longer: longer, by: median(these) - median(base)})
		}
	}
	return all
}
