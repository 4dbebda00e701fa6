package auth

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// linesLength bounds how many attempts of one meter wait, and linesTotal those of all: those behind
// could not be let in before they lose patience, and each of them is a request that is kept.
const (
	linesLength = 200
	linesTotal  = 2000
)

// lines are where attempts wait for others that hold the units they need: one line for each meter, in
// the order in which they came. Only the first of a line asks the store.
type lines struct {
	mu      sync.Mutex
	byMeter map[secret.Mark][]*place
	total   int
}

func newLines() *lines { return &lines{byMeter: map[secret.Mark][]*place{}} }

// place is a place in one of the lines, or in none.
type place struct {
	lines *lines
	in    secret.Mark
	inOne bool
	full  bool
	nudge chan struct{} // something has happened that the first should look at
	asked bool          // as the first of the line, at least once
}

// enter returns a place in the line of one of the meters, if somebody waits there, and otherwise a
// place in none.
func (l *lines) enter(meters ...secret.Mark) *place {
	p := &place{lines: l, nudge: make(chan struct{}, 1)}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range meters {
		if len(l.byMeter[m]) > 0 {
			p.full = !l.append(m, p)
			break
		}
	}
	return p
}

// append puts a place at the end of a line, and reports false if that is too long. The caller has mu.
func (l *lines) append(m secret.Mark, p *place) bool {
	if len(l.byMeter[m]) >= linesLength || l.total >= linesTotal {
		return false
	}
	l.byMeter[m] = append(l.byMeter[m], p)
	l.total++
	p.in, p.inOne, p.asked = m, true, false
	return true
}

// join goes to the end of a line, unless the place is in it already, and reports false if it is too
// long.
func (p *place) join(m secret.Mark) bool {
	if p.inOne && p.in == m {
		return true
	}
	p.leave()
	p.lines.mu.Lock()
	defer p.lines.mu.Unlock()
	return p.lines.append(m, p)
}

// leave gives up the place. The next one is the first.
func (p *place) leave() {
	l := p.lines
	l.mu.Lock()
	defer l.mu.Unlock()
	if !p.inOne {
		return
	}
	line := slices.DeleteFunc(l.byMeter[p.in], func(other *place) bool { return other == p })
	l.total--
	p.inOne = false
	if len(line) == 0 {
		delete(l.byMeter, p.in)
		return
	}
	l.byMeter[p.in] = line
	line[0].wake()
}

// wake tells the first of each line that an attempt has ended.
func (l *lines) wake(meters ...secret.Mark) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range meters {
		if line := l.byMeter[m]; len(line) > 0 {
			line[0].wake()
		}
	}
}

func (p *place) wake() {
	select {
	case p.nudge <- struct{}{}:
	default: // it was told
	}
}

// await returns nil when it is time to ask the store: at once for a place in no line, and for the
// first of a line when it has become that, when an attempt has ended, and from time to time, for
// those of other replicas. It returns an error when ctx ends, or there was no room in the line.
func (p *place) await(ctx context.Context) error {
	if p.full {
		return context.DeadlineExceeded
	}
	if !p.inOne {
		return nil
	}
	if p.isFirst() && !p.asked {
		p.asked = true
		return ctx.Err()
	}
	again := time.NewTimer(askAgain)
	defer again.Stop()
	for {
		var due <-chan time.Time
		if p.isFirst() {
			due = again.C
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.nudge:
		case <-due:
		}
		if p.isFirst() {
			p.asked = true
			return ctx.Err()
		}
	}
}

// isFirst reports whether nobody of the line came before.
func (p *place) isFirst() bool {
	p.lines.mu.Lock()
	defer p.lines.mu.Unlock()
	return p.lines.byMeter[p.in][0] == p
}
