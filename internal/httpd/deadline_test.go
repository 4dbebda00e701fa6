package httpd

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestDeadline(t *testing.T) {
	// Each is looked at in both ways, as one that somebody waited for before and as one that nobody did.
	for name, c := range map[string]struct {
		happens func(d *deadline, hangUp context.CancelFunc)
		want    error
	}{
		"holds until then":                        {func(*deadline, context.CancelFunc) { time.Sleep(time.Minute - 1) }, nil},                                                //nolint:forbidigo // the bubble's clock
		"ends then":                               {func(*deadline, context.CancelFunc) { time.Sleep(time.Minute) }, context.DeadlineExceeded},                               //nolint:forbidigo // the bubble's clock
		"ends with the connection":                {func(_ *deadline, hangUp context.CancelFunc) { hangUp() }, context.Canceled},                                             //
		"ends with the request":                   {func(d *deadline, _ context.CancelFunc) { d.end() }, context.Canceled},                                                   //
		"stays with its first end":                {func(d *deadline, hangUp context.CancelFunc) { time.Sleep(time.Hour); _ = d.Err(); hangUp() }, context.DeadlineExceeded}, //nolint:forbidigo // the bubble's clock
		"stays with its first end, the other one": {func(d *deadline, hangUp context.CancelFunc) { hangUp(); _ = d.Err(); time.Sleep(time.Hour) }, context.Canceled},         //nolint:forbidigo // the bubble's clock
	} {
		for _, waited := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					connection, hangUp := context.WithCancel(t.Context())
					defer hangUp()
					d := &deadline{Context: connection, at: time.Now().Add(time.Minute)}
					defer d.end()
					if waited {
						d.Done()
					}
					c.happens(d, hangUp)
					synctest.Wait()
					if !waited && c.want == nil && d.timing.Load() != nil {
						t.Error("there is a timer that nobody waits for")
					}
					for range 2 {
						if got := d.Err(); !errors.Is(got, c.want) || (got == nil) != (c.want == nil) {
							t.Errorf("the error is %v, want %v", got, c.want)
						}
						if got := context.Cause(d); !errors.Is(got, c.want) {
							t.Errorf("the cause is %v, want %v", got, c.want)
						}
						select {
						case <-d.Done():
							if c.want == nil {
								t.Error("it is done")
							}
						default:
							if c.want != nil {
								t.Error("it is not done")
							}
						}
					}
				})
			})
		}
	}
}

func TestDeadlineEndsWhatIsMadeOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &deadline{Context: t.Context(), at: time.Now().Add(time.Minute)}
		defer d.end()
		before := runtime.NumGoroutine()
		child, cancel := context.WithCancel(context.WithValue(d, connectionKey{}, d))
		defer cancel()
		if after := runtime.NumGoroutine(); after != before {
			t.Errorf("%d goroutines watch it", after-before)
		}
		var ends sync.WaitGroup
		ends.Add(1)
		context.AfterFunc(d, ends.Done)
		<-child.Done()
		ends.Wait()
		if !errors.Is(child.Err(), context.DeadlineExceeded) || time.Until(d.at) != 0 {
			t.Errorf("the error is %v, %v too early", child.Err(), time.Until(d.at))
		}
	})
}

func TestDeadlineIsTheEarlierOne(t *testing.T) {
	at := time.Now().Add(time.Hour)
	outer, cancel := context.WithDeadline(t.Context(), at)
	defer cancel()
	for _, own := range []time.Time{at.Add(time.Minute), at.Add(-time.Minute)} {
		want := at
		if own.Before(at) {
			want = own
		}
		d := &deadline{Context: outer, at: own}
		if got, ok := d.Deadline(); !ok || !got.Equal(want) {
			t.Errorf("the deadline is %v, want %v", got, want)
		}
		d.end()
	}
}

func TestDeadlineKeepsTheConnection(t *testing.T) {
	type key struct{}
	within := context.WithValue(t.Context(), key{}, "here")
	d := &deadline{Context: within, at: time.Now().Add(time.Hour)}
	for range 2 {
		if connection(context.WithValue(d, key{}, "there")) != within || d.Value(key{}) != "here" {
			t.Error("what it was made of is not found")
		}
		d.Done()
	}
	d.end()
	if connection(d).Err() != nil {
		t.Error("the connection has ended with the request")
	}
}
