package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// crowd is a few clients that ask without a pause, each of which has an account and a session, gives
// itself one new name after the other and looks which it has. So what was answered, what was lost and
// what was done by halves can be told in the end.
type crowd struct {
	t        *testing.T
	settings map[string]string
	where    atomic.Value // the URL to ask, a string
	members  []*member
	ended    chan struct{}
	running  sync.WaitGroup

	mu       sync.Mutex
	expected func(failure) bool // what may go wrong at this time; nil: nothing
	answers  int
	failed   int // as expected
	faults   []string
}

// failure is a request that did not do what it asked for.
type failure struct {
	begun    time.Time
	reused   bool   // it went by a connection that had answered before
	err      error  // there was no answer
	internal bool   // the answer says that the server has trouble
	what     string // for people
}

// noAnswer and internal are failures that a test may expect.
func noAnswer(f failure) bool { return f.err != nil }
func internal(f failure) bool { return f.internal }

// member is one client.
type member struct {
	email   string
	token   string
	client  *http.Client
	acked   int // the newest name whose change was answered
	tried   int // the newest name that was asked for
	applied int // how many changes have happened, as far as is known
	unsure  bool
}

// forCrowd returns the settings with the limits off: a crowd changes its names more often than a user may.
func forCrowd(settings map[string]string) map[string]string {
	settings["LATCHKEY_RATE_LIMITS"] = "off"
	return settings
}

// gather makes the accounts of a crowd and lets it begin. It asks at the URL until it is told another.
func gather(t *testing.T, size int, p *process, settings map[string]string) *crowd {
	t.Helper()
	c := &crowd{t: t, settings: settings, ended: make(chan struct{})}
	c.where.Store(p.url)
	for i := range size {
		m := &member{email: fmt.Sprintf("member%d@example.com", i), client: &http.Client{Transport: &http.Transport{}, Timeout: 40 * time.Second}}
		if _, errs, ok := latchkey(t, password+"\n", settings, "user", "create", m.email, "--name", "0", "--confirmed"); !ok {
			t.Fatal(errs)
		}
		m.token = p.loginAs(m.email, password)
		c.members = append(c.members, m)
	}
	for _, m := range c.members {
		c.running.Go(func() {
			for c.goesOn() {
				c.turn(m)
			}
		})
	}
	t.Cleanup(c.disperse)
	return c
}

func (c *crowd) goesOn() bool {
	select {
	case <-c.ended:
		return false
	default:
		return true
	}
}

// disperse ends the crowd and waits until everybody has gone.
func (c *crowd) disperse() {
	if c.goesOn() {
		close(c.ended)
	}
	c.running.Wait()
	for _, m := range c.members {
		m.client.CloseIdleConnections()
	}
}

// mayFail says from now on which failures are none of the test's; nil: all failures are.
func (c *crowd) mayFail(expected func(failure) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expected = expected
}

// isServed waits until everybody together has got so many more good answers.
func (c *crowd) isServed(more int) {
	c.t.Helper()
	c.mu.Lock()
	wanted := c.answers + more
	c.mu.Unlock()
	waitUntil(c.t, fmt.Sprintf("%d more requests are answered", more), func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.answers >= wanted || len(c.faults) > 0
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.faults) > 0 {
		c.t.Fatalf("%d requests failed that should not, the first: %s", len(c.faults), c.faults[0])
	}
}

// failsAsExpected waits until so many more requests have failed in the way in which they may.
func (c *crowd) failsAsExpected(more int) {
	c.t.Helper()
	failed := func() int {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.failed
	}
	wanted := failed() + more
	waitUntil(c.t, fmt.Sprintf("%d more requests fail", more), func() bool { return failed() >= wanted })
}

// look asks for the name, which makes sure of what came of the last change. It reports whether there was
// an answer.
func (c *crowd) look(m *member) bool {
	var (
		looked struct{ Me *struct{ Name string } }
		name   int
		err    error
	)
	// Another replica than the one that made the change may need a moment to hear of it.
	for deadline := time.Now().Add(heardWithin); ; {
		if !c.ask(m, `{ me { name } }`, nil, &looked) {
			return false
		}
		name, err = strconv.Atoi(looked.Me.Name)
		if err != nil || name >= m.acked || time.Now().After(deadline) {
			break
		}
	}
	if err != nil || name < m.acked || name > m.tried {
		c.fault(fmt.Sprintf("the name is %q, and %d was answered, %d asked for", looked.Me.Name, m.acked, m.tried))
	}
	if m.unsure && name == m.tried {
		m.applied++
	}
	m.unsure, m.acked = false, name
	return true
}

// turn is one look at the name and, if there is an answer, one change of it.
func (c *crowd) turn(m *member) {
	if !c.look(m) {
		return
	}
	m.tried++
	var changed struct {
		UpdateProfile struct{ User struct{ Name string } }
	}
	m.unsure = true
	if c.ask(m, `mutation($n: String) { updateProfile(input: {name: $n}) { user { name } errors { code } } }`, map[string]any{"n": strconv.Itoa(m.tried)}, &changed) {
		m.unsure, m.acked = false, m.tried
		m.applied++
	}
}

// ask sends a document, and decodes the data of the answer into a value. It reports whether there was a
// good one, and takes down what went wrong unless that was expected when the request began or when it
// ended.
func (c *crowd) ask(m *member, document string, variables map[string]any, data any) bool {
	c.mu.Lock()
	before := c.expected
	c.mu.Unlock()

	f := c.send(m, document, variables, data)
	c.mu.Lock()
	defer c.mu.Unlock()
	if f == nil {
		c.answers++
		return true
	}
	if (before == nil || !before(*f)) && (c.expected == nil || !c.expected(*f)) {
		c.faults = append(c.faults, hideTokens(f.what))
	} else {
		c.failed++
	}
	return false
}

func (c *crowd) send(m *member, document string, variables map[string]any, data any) *failure {
	f := &failure{begun: time.Now()}
	body, err := json.Marshal(map[string]any{"query": document, "variables": variables})
	if err != nil {
		c.t.Error(err)
		return f
	}
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { f.reused = info.Reused },
	})
	where, _ := c.where.Load().(string)
	// A reader that cannot be read again keeps the client from sending the request twice.
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, where+"/graphql", io.MultiReader(bytes.NewReader(body)))
	if err != nil {
		c.t.Error(err)
		return f
	}
	request.ContentLength = int64(len(body))
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+m.token)
	response, err := m.client.Do(request)
	if err != nil {
		f.err, f.what = err, fmt.Sprintf("%v (on a connection that was open: %v, after %v)", err, f.reused, time.Since(f.begun))
		return f
	}
	answer, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil {
		f.err, f.what = err, err.Error()
		return f
	}
	var decoded struct {
		Data   json.RawMessage
		Errors []struct{ Extensions struct{ Code string } }
	}
	err = json.Unmarshal(answer, &decoded)
	switch {
	case err != nil:
		f.what = fmt.Sprintf("the answer %d %s is no JSON", response.StatusCode, answer)
	case len(decoded.Errors) > 0:
		f.internal = decoded.Errors[0].Extensions.Code == "INTERNAL"
		f.what = string(answer)
	default:
		if err := json.Unmarshal(decoded.Data, data); err != nil {
			f.what = fmt.Sprintf("%v in %s", err, answer)
			return f
		}
		return nil
	}
	return f
}

func (c *crowd) fault(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = append(c.faults, what)
}

// takeStock ends the crowd and compares what is there with what was answered: nothing is lost, and of
// each change there is the name and the event in the audit trail, or neither.
func (c *crowd) takeStock() {
	c.t.Helper()
	c.disperse()
	c.mayFail(nil)
	for _, m := range c.members {
		c.look(m)
		out, errs, ok := latchkey(c.t, "", c.settings, "audit", "--user", m.email)
		if !ok {
			c.t.Fatal(errs)
		}
		if events := strings.Count(out, "profile_updated"); events != m.applied {
			c.t.Errorf("of %d changes there are %d events", m.applied, events)
		}
		c.t.Logf("%d changes", m.applied)
	}
	if len(c.faults) > 0 {
		c.t.Errorf("%d requests failed that should not, the first: %s", len(c.faults), c.faults[0])
	}
}
