package locale_test

import (
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/locale"
)

const day = 24 * time.Hour

func TestSpansInWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what string
		say  func(time.Duration) string
		d    time.Duration
		want string
	}{
		{"Span", locale.Span, 0, ""},
		{"Span", locale.Span, -time.Hour, ""},
		{"Span", locale.Span, 59 * time.Second, ""},
		{"Span", locale.Span, 90 * time.Second, "1 minute"},
		{"Span", locale.Span, time.Hour, "1 hour"},
		{"Span", locale.Span, time.Hour + 30*time.Second, "1 hour"},
		{"Span", locale.Span, 90 * time.Minute, "90 minutes"},
		{"Span", locale.Span, day, "24 hours"},
		{"Span", locale.Span, 2 * day, "48 hours"},
		{"Span", locale.Span, 7 * day, "7 days"},
		{"Wait", locale.Wait, time.Second, "1 second"},
		{"Wait", locale.Wait, 1500 * time.Millisecond, "2 seconds"},
		{"Wait", locale.Wait, 2 * time.Minute, "120 seconds"},
		{"Wait", locale.Wait, 2*time.Minute + 1, "3 minutes"},
		{"Short", locale.Short, -time.Second, "0s"},
		{"Short", locale.Short, 119 * time.Second, "119s"},
		{"Short", locale.Short, 2 * time.Minute, "2m"},
		{"Short", locale.Short, 119 * time.Minute, "119m"},
		{"Short", locale.Short, 47 * time.Hour, "47h"},
		{"Short", locale.Short, 50 * time.Hour, "2d"},
		{"Exact", locale.Exact, 24 * time.Hour, "24h"},
		{"Exact", locale.Exact, 5 * time.Minute, "5m"},
		{"Exact", locale.Exact, 90 * time.Second, "1m30s"},
	} {
		if got := c.say(c.d); got != c.want {
			t.Errorf("%s of %v: got %q, want %q", c.what, c.d, got, c.want)
		}
	}
}

func TestInUnit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		d, hoursUpTo time.Duration
		n            int
		unit         locale.Unit
	}{
		{10 * time.Minute, day, 10, locale.Minute},
		{time.Hour, day, 1, locale.Hour},
		{day, day, 24, locale.Hour},
		{2 * day, day, 2, locale.Day},
		{2 * day, 2 * day, 48, locale.Hour},
	} {
		if n, unit := locale.InUnit(c.d, c.hoursUpTo); n != c.n || unit != c.unit {
			t.Errorf("%v: got %d %s, want %d %s", c.d, n, unit, c.n, c.unit)
		}
	}
}
