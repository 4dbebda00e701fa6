package httpd

import (
	"errors"
	"testing"
	"time"
)

// TestALinkIsSaidToHaveWorkedForTenMinutes follows a link again just before its time is over, and then.
func TestALinkIsSaidToHaveWorkedForTenMinutes(t *testing.T) {
	t.Parallel()
	now, acts := time.Unix(1, 0), 0
	d := newDoneLinks(nil)
	d.now = func() time.Time { return now }
	usedUp := errors.New("used up")
	follow := func() error {
		_, err := d.follow(t.Context(), "mark", func() (*donePage, error) {
			if acts++; acts > 1 {
				return nil, usedUp
			}
			return &donePage{title: "done"}, nil
		})
		return err
	}
	if err := follow(); err != nil {
		t.Fatalf("got %v, want none", err)
	}
	now = now.Add(doneFor - 1)
	if err := follow(); err != nil || acts != 1 {
		t.Errorf("got %v and %d acts within ten minutes, want none and one", err, acts)
	}
	now = now.Add(1)
	if err := follow(); !errors.Is(err, usedUp) || acts != 2 {
		t.Errorf("got %v and %d acts after ten minutes, want a second act", err, acts)
	}
}
