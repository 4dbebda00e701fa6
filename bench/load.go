package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// outcome is what became of a request.
type outcome int

const (
	succeeded outcome = iota
	refused           // with RATE_LIMITED, as overload is to be
)

// errNoSubjects is returned when there is nobody left to do the operation for.
var errNoSubjects = errors.New("there is nobody left to do it for: seed more")

// operation is something that is asked of a server again and again. Its functions are called from many
// goroutines at once.
type operation struct {
	name string
	// subjects is how many there are to be filled into caches; 0 where nothing is kept of them.
	subjects int
	// take returns for whom the next request is, a token or an address; false: nobody is left.
	take func() (subject string, ok bool)
	// request writes the request into the buffer.
	request func(buffer []byte, subject string) []byte
	// done looks at the answer. An error ends the measurement.
	done func(subject string, status int, body []byte) (outcome, error)
}

// once does it once.
func (o *operation) once(ctx context.Context, c *client, buffer []byte) (out outcome, rest []byte, err error) {
	subject, ok := o.take()
	if !ok {
		return 0, buffer, errNoSubjects
	}
	buffer = o.request(buffer, subject)
	status, body, err := c.do(ctx, buffer)
	if err != nil {
		return 0, buffer, fmt.Errorf("%s: %w", o.name, err)
	}
	if out, err = o.done(subject, status, body); err != nil {
		return out, buffer, fmt.Errorf("%s: %w", o.name, err)
	}
	return out, buffer, nil
}

// saturate does the operation over so many connections, to each address in turn, each as fast as it is
// answered, and returns how often a second it was done. What was refused was not.
func saturate(ctx context.Context, addresses []string, o *operation, connections int, d time.Duration) (perSecond float64, err error) {
	begun := time.Now()
	ends := begun.Add(d)
	count, err := drive(ctx, addresses, o, connections, func() bool { return time.Now().Before(ends) })
	return float64(count) / time.Since(begun).Seconds(), err
}

// fill does the operation once for each of its subjects, on each address, so that what a server keeps of
// them it has.
func fill(ctx context.Context, addresses []string, o *operation, connections int) error {
	for _, address := range addresses {
		var asked atomic.Int64
		next := func() bool { return asked.Add(1) <= int64(o.subjects) }
		if _, err := drive(ctx, []string{address}, o, connections, next); err != nil {
			return fmt.Errorf("fill the caches: %w", err)
		}
	}
	return nil
}

// drive does the operation again and again as long as more says so, and returns how often it succeeded.
func drive(ctx context.Context, addresses []string, o *operation, connections int, more func() bool) (done int64, err error) {
	clients := newClients(addresses, connections)
	defer closeAll(clients)
	var (
		count    atomic.Int64
		failures = make(chan error, connections)
	)
	for _, c := range clients {
		go func() {
			var buffer []byte
			for more() && ctx.Err() == nil {
				out, rest, err := o.once(ctx, c, buffer)
				if err != nil {
					failures <- err
					return
				}
				if buffer = rest; out == succeeded {
					count.Add(1)
				}
			}
			failures <- nil
		}()
	}
	for range clients {
		err = errors.Join(err, <-failures)
	}
	return count.Load(), errors.Join(err, ctx.Err())
}

// latencies are how long requests took, from when they were to be sent.
type latencies []time.Duration

// at returns the latency that so large a part of the requests did not exceed.
func (l latencies) at(part float64) time.Duration {
	if len(l) == 0 {
		return 0
	}
	slices.Sort(l)
	return l[min(len(l)-1, int(part*float64(len(l))))]
}

// timed is what came of requests at a constant rate.
type timed struct {
	done, turnedAway latencies
	took             time.Duration // until the last answer
}

// atRate does the operation so many times a second for a while, whether the answers keep up or not. A
// latency counts from the moment at which the request was due, not from when a connection was free for
// it: what had to wait behind a slow answer is as late as it is (no coordinated omission).
func atRate(ctx context.Context, address string, o *operation, connections int, perSecond float64, d time.Duration) (*timed, error) {
	clients := newClients([]string{address}, connections)
	defer closeAll(clients)
	var (
		total  = max(1, int(perSecond*d.Seconds()))
		due    = make(chan time.Time, total) // never full, so that the pace never waits
		shares = make([]timed, len(clients))
		errs   = make([]error, len(clients))
		group  sync.WaitGroup
	)
	for i, c := range clients {
		group.Go(func() {
			var buffer []byte
			for at := range due {
				out, rest, err := o.once(ctx, c, buffer)
				if buffer = rest; err != nil {
					errs[i] = err
					return
				}
				if took := time.Since(at); out == succeeded {
					shares[i].done = append(shares[i].done, took)
				} else {
					shares[i].turnedAway = append(shares[i].turnedAway, took)
				}
			}
		})
	}
	begun := time.Now()
	pace(ctx, due, total, time.Duration(float64(time.Second)/perSecond))
	group.Wait()
	all := &timed{took: time.Since(begun)}
	for _, share := range shares {
		all.done = append(all.done, share.done...)
		all.turnedAway = append(all.turnedAway, share.turnedAway...)
	}
	return all, errors.Join(append(errs, ctx.Err())...)
}

// pace sends the moments at which requests are due, each when it has come, and closes the channel.
func pace(ctx context.Context, due chan<- time.Time, total int, interval time.Duration) {
	defer close(due)
	begun := time.Now()
	sleep, stop := preciseSleep()
	defer stop()
	for i := range total {
		at := begun.Add(time.Duration(i) * interval)
		if left := time.Until(at); left > 0 {
			sleep(left)
		}
		if ctx.Err() != nil {
			return
		}
		due <- at
	}
}

func newClients(addresses []string, connections int) []*client {
	clients := make([]*client, connections)
	for i := range clients {
		clients[i] = newClient(addresses[i%len(addresses)])
	}
	return clients
}

func closeAll(clients []*client) {
	for _, c := range clients {
		c.close()
	}
}
