package auth_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

// TestANetworkIsNotManyClients signs up from many networks of 64 bits, and counts how many are let through at once.
func TestANetworkIsNotManyClients(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		address string // of the client with this number
		want    int    // that are let through, of 100 with a limit of 2
	}{
		{"one network of 64 bits", "2001:db8:1:2::%x", 2},
		{"networks of 64 bits in one of 56", "2001:db8:1:%x::1", 8},
		{"networks of 64 bits in one of 48", "2001:db8:1:%x00::1", 32},
		{"networks of 48 bits", "2001:db8:%x::1", 100},
		{"IPv4 addresses", "192.0.2.%[2]d", 100},
		{"networks behind one router with 6to4", "2002:c000:201:%x::1", 2},
		{"IPv4 addresses with 6to4", "2002:c000:2%02x::1", 100},
		{"IPv4 addresses behind a translator", "64:ff9b::192.0.2.%[2]d", 100},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := authtest.Mandatory
			config.Limits = limits(t, "signup=2/1m/address signup=off/account")
			w := authtest.New(t, authtest.SQLite(t), config)
			passed := 0
			for i := range 100 {
				var address string
				switch c.address {
				case "192.0.2.%[2]d", "64:ff9b::192.0.2.%[2]d":
					address = fmt.Sprintf(c.address, 0, i)
				default:
					address = fmt.Sprintf(c.address, i)
				}
				if _, err := w.Register(from(t, address, laptop), auth.RegisterInput{Email: ada, Password: shortPassword}); err == nil {
					t.Fatal("got a sign-up with a short password, want a refusal")
				} else if kind, limited := kindOf(err); !limited {
					passed++
				} else if kind != auth.RateLimited {
					t.Fatalf("got an error of kind %d, want RateLimited", kind)
				}
			}
			if passed != c.want {
				t.Errorf("got %d of 100 let through, want %d", passed, c.want)
			}
		})
	}
}

// TestAnIPv4AddressIsOneClientHoweverItComes uses up the limit by one way and comes by another.
func TestAnIPv4AddressIsOneClientHoweverItComes(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"::ffff:192.0.2.1", "2002:c000:201::1", "2002:c000:201:ffff::9", "64:ff9b::c000:201"} {
		t.Run(address, func(t *testing.T) {
			config := authtest.Mandatory
			config.Limits = limits(t, "signup=1/1m/address")
			w := authtest.New(t, authtest.SQLite(t), config)
			try := func(ctx context.Context) error {
				_, err := w.Register(ctx, auth.RegisterInput{Email: ada, Password: shortPassword})
				return err
			}
			refused(t, try(from(t, "192.0.2.1", laptop)), auth.PasswordTooShort)
			tooOften(t, try(from(t, address, laptop)), time.Minute)
			refused(t, try(from(t, "2002:c000:202::1", laptop)), auth.PasswordTooShort)
		})
	}
}

// TestANetworkGuessesNoMore guesses one account's and many accounts' passwords from 40 networks of one /48, right
// ones in between: those are given back.
func TestANetworkGuessesNoMore(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		config := authtest.Mandatory
		config.Limits = limits(t, "login_failed=2/1m/address login_failed=off/account login=off")
		w := authtest.New(t, store, config)
		w.Join(t, ada, adasPassword)
		at := func(i int) context.Context { return from(t, fmt.Sprintf("2001:db8:1:%x00::1", i), laptop) }
		wrong := 0
		for i := range 40 {
			if i < 32 {
				must(t, enters(at(i), w))
			}
			if _, limited := kindOf(guess(at(i), w, fmt.Sprintf("n%d@x.example", i))); !limited {
				wrong++
			}
		}
		if wrong != 32 {
			t.Errorf("got %d wrong passwords compared, want 32: 16 times the limit of an address", wrong)
		}
		tooOften(t, enters(at(99), w), time.Minute/32)
	})
}
