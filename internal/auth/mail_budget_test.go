//go:build !race

package auth_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

func TestAFloodKeepsNoEmailFromTheOwnersOwnClient(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.WithLoginCodes(authtest.Mandatory))
		w.Join(t, ada, adasPassword)
		home := from(t, "192.0.2.1", laptop)
		_, err := w.Login(home, auth.LoginInput{Email: ada, Password: adasPassword})
		must(t, err)
		w.Letters(t)
		names := 0
		for i := range 50 {
			flood(from(t, fmt.Sprintf("2001:db8:%x::1", i), laptop), w, ada, &names)
			w.Letters(t)
			w.Clock.Advance(time.Minute)
		}
		must(t, w.RequestPasswordReset(from(t, "198.51.100.1", laptop), ada, ""))
		w.NoLetter(t)
		must(t, w.RequestPasswordReset(home, ada, ""))
		w.Letter(t, auth.LetterReset)
	})
}

func TestAFloodKeepsNoNoticeFromTheOwner(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, ada, adasPassword)
	names := 0
	for i := range 50 {
		flood(from(t, fmt.Sprintf("2001:db8:%x::1", i), laptop), w, ada, &names)
		w.Letters(t)
	}
	w.Clock.Advance(10 * time.Minute)
	flood(from(t, "2001:db8:ff::1", laptop), w, ada, &names)
	w.NoLetter(t)
	caller, _ := w.LogIn(t, ada, adasPassword)
	w.Letters(t)
	current, next := adasPassword, newPassword
	for range 8 {
		_, err := w.ChangePassword(t.Context(), caller, auth.ChangePasswordInput{CurrentPassword: &current, NewPassword: next})
		must(t, err)
		w.Letter(t, auth.LetterPasswordChanged)
		current, next = next, current
	}
}

func TestOneClientDoesNotUseUpTheBudgetOfAll(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, ada, adasPassword)
	w.Clock.Advance(12 * time.Hour)
	names := 0
	for range 10 {
		flood(from(t, "2001:db8::1", laptop), w, ada, &names)
		w.Clock.Advance(time.Minute)
	}
	w.Letters(t)
	must(t, w.RequestPasswordReset(from(t, "198.51.100.1", laptop), ada, ""))
	w.Letter(t, auth.LetterReset)
}

func TestABudgetThatIsUsedUpIsWrittenDown(t *testing.T) {
	t.Parallel()
	var limited []string
	config := authtest.Mandatory
	config.Observer = limitWatcher(func(limit string) { limited = append(limited, limit) })
	w := authtest.New(t, authtest.SQLite(t), config)
	w.Join(t, ada, adasPassword)
	item := func(attempts int) *auth.OutboxItem {
		return &auth.OutboxItem{Job: auth.JobPasswordReset, EmailKey: ada, Recipient: ada, Attempts: attempts, IPAddress: "192.0.2.7"}
	}
	withheld := 0
	for range 6 {
		_, err := w.Compose(t.Context(), item(1))
		if errors.Is(err, auth.ErrWithheld) {
			withheld++
		} else {
			must(t, err)
		}
		_, err = w.Compose(t.Context(), item(2)) // a retry was counted when it was new
		must(t, err)
	}
	if withheld != 4 { // the first of the network leaves, and one more
		t.Errorf("got %d withheld emails of 6, want 4", withheld)
	}
	if want := slices.Repeat([]string{"email_to_address"}, withheld); !slices.Equal(limited, want) {
		t.Errorf("got the observed limits %q, want %q", limited, want)
	}
	events := eventsOf(t, w, "")
	events = slices.DeleteFunc(events, func(e auth.AuditEntry) bool { return e.Act != "email_withheld" })
	if len(events) != 1 || events[0].UserID != uuid.Nil || events[0].IPAddress != "192.0.2.7" {
		t.Errorf("got the events %+v, want one with the client and no account", events)
	}
}

// TestFewNetworksDoNotKeepTheBudgetUsedUp has strangers with many addresses of few networks ask every 20 minutes
// for 3 days. The owner asks at a new network each time, until an email of each kind has come that day.
func TestFewNetworksDoNotKeepTheBudgetUsedUp(t *testing.T) {
	t.Parallel()
	kinds := map[string]struct {
		known bool
		ask   func(ctx context.Context, w *authtest.World)
	}{
		"resets":        {true, func(ctx context.Context, w *authtest.World) { _ = w.RequestPasswordReset(ctx, ada, "") }},
		"confirmations": {false, func(ctx context.Context, w *authtest.World) { _ = w.ResendConfirmationEmail(ctx, ada, "") }},
	}
	for name, kind := range kinds {
		for _, networks := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s, %d networks", name, networks), func(t *testing.T) {
				t.Parallel()
				w := mandatory(t)
				signUp(t, w, ada, adasPassword)
				letters := w.Letters(t)
				if kind.known {
					_, err := w.ConfirmEmail(t.Context(), letters[0].Token)
					must(t, err)
				}
				asked, strangers := 0, 0
				const step = 10 * time.Minute
				for today := range 3 {
					got := 0
					for i := range int(24 * time.Hour / step) {
						switch {
						case i%2 == 0:
							kind.ask(from(t, fmt.Sprintf("2001:db8:%x:%x::1", i/2%networks, i), laptop), w)
							strangers += len(w.Letters(t))
						case i%24 == 13 && got == 0: // every 4 hours, until it is there
							asked++
							kind.ask(from(t, fmt.Sprintf("198.51.%d.1", asked), phone), w)
							got += len(w.Letters(t))
						}
						w.Clock.Advance(step)
					}
					if got == 0 {
						t.Errorf("got no email on day %d, want one", today+1)
					}
				}
				if strangers < 5 {
					t.Errorf("got %d emails for the strangers, want more: they are to use up what they can", strangers)
				}
			})
		}
	}
}

// TestTagsOfOneMailboxShareABudget has strangers make up a new tag for each request. The address without a tag has a
// budget for itself, and so has its owner at a new network.
func TestTagsOfOneMailboxShareABudget(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		networks, want int // emails within an hour
	}{{1, 4}, {2, 8}, {3, 12}, {20, 12}} {
		t.Run(fmt.Sprintf("%d networks", c.networks), func(t *testing.T) {
			w := mandatory(t)
			got := 0
			for i := range 60 {
				_, err := w.Register(from(t, fmt.Sprintf("2001:db8:%x:%x::1", i%c.networks, i), laptop),
					auth.RegisterInput{Email: fmt.Sprintf("ada+%d@lovelace.example", i), Password: evesPassword})
				must(t, err)
				got += len(w.Letters(t))
				w.Clock.Advance(30 * time.Second)
			}
			if got != c.want {
				t.Errorf("got %d emails to one mailbox, want %d", got, c.want)
			}
			w.Join(t, ada, adasPassword)
			_, err := w.Register(from(t, "198.51.100.1", phone), auth.RegisterInput{Email: "grace+1@hopper.example", Password: adasPassword})
			must(t, err)
			w.Letter(t, auth.LetterConfirm)
		})
	}

	t.Run("one network takes nothing from an owner with a tag", func(t *testing.T) {
		w := mandatory(t)
		w.Join(t, "ada+latchkey@lovelace.example", adasPassword)
		w.Clock.Advance(12 * time.Hour)
		for i := range 30 {
			_ = w.RequestPasswordReset(from(t, fmt.Sprintf("2001:db8::%x:1", i), laptop), fmt.Sprintf("ada+%d@lovelace.example", i), "")
			w.Letters(t)
		}
		must(t, w.RequestPasswordReset(from(t, "198.51.100.1", phone), "ada+latchkey@lovelace.example", ""))
		w.Letter(t, auth.LetterReset)
	})
}

// TestAnOwnerAtANewNetworkWaitsForHoursOnly asks every ten minutes for a day, with no stranger about.
func TestAnOwnerAtANewNetworkWaitsForHoursOnly(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, ada, adasPassword)
	w.Clock.Advance(24 * time.Hour)
	began := w.Clock.Now()
	var came []time.Duration
	for range 24 * 6 {
		_ = w.RequestPasswordReset(from(t, "198.51.100.1", phone), ada, "")
		for range w.Letters(t) {
			came = append(came, w.Clock.Now().Sub(began))
		}
		w.Clock.Advance(10 * time.Minute)
	}
	want := []time.Duration{0, 10 * time.Minute, 4*time.Hour + 10*time.Minute}
	if len(came) < 4 || !slices.Equal(came[:3], want) {
		t.Errorf("got emails after %v, want them after %v and some more", came, want)
	}
}

// TestALoginOfTheReleaseBeforeEmailsNobody composes what that enqueued for any password, for a user who has not confirmed
// the address.
func TestALoginOfTheReleaseBeforeEmailsNobody(t *testing.T) {
	t.Parallel()
	config := authtest.Optional
	config.Usernames = auth.UsernamesOptional
	w := authtest.New(t, authtest.SQLite(t), config)
	_, err := w.Register(t.Context(), auth.RegisterInput{Email: ada, Username: "ada", Password: evesPassword})
	must(t, err)
	w.Letter(t, auth.LetterConfirm)
	w.Clock.Advance(24 * time.Hour)
	_, err = w.Compose(t.Context(), &auth.OutboxItem{ID: uuid.New(), Job: "username_confirmation", EmailKey: "ada", Recipient: "ada", Attempts: 1})
	if !errors.Is(err, auth.ErrNoLetter) {
		t.Errorf("got %v, want ErrNoLetter", err)
	}
}

// TestWhoAsksAgainAtOnceUsesTheBudgetOnce asks for a reset many times before the email leaves.
func TestWhoAsksAgainAtOnceUsesTheBudgetOnce(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, ada, adasPassword)
	ctx := from(t, "198.51.100.1", laptop)
	for range 2 {
		for range 4 {
			must(t, w.RequestPasswordReset(ctx, ada, ""))
		}
		w.Letter(t, auth.LetterReset)
		w.Clock.Advance(2 * time.Minute)
	}
}

// TestOtherEmailsDoNotUseUpTheBudgetForLinks has strangers at many networks ask for all that is not a way into an
// account.
func TestOtherEmailsDoNotUseUpTheBudgetForLinks(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	w.Join(t, ada, adasPassword)
	for i := range 20 {
		ctx := from(t, fmt.Sprintf("2001:db8:%x::1", i), laptop)
		_, _ = w.Register(ctx, auth.RegisterInput{Email: ada, Password: evesPassword})
		_ = w.ResendConfirmationEmail(ctx, ada, "")
		w.Letters(t)
		w.Clock.Advance(4 * time.Minute)
	}
	must(t, w.RequestPasswordReset(from(t, "198.51.100.1", laptop), ada, ""))
	w.Letter(t, auth.LetterReset)
}

// TestAUsedUpBudgetIsTheSameWork counts what the worker does while a stranger goes beyond the budget of an address
// by all kinds of items, for each kind of address.
func TestAUsedUpBudgetIsTheSameWork(t *testing.T) {
	t.Parallel()
	config := authtest.WithLoginCodes(authtest.Mandatory)
	config.Usernames = auth.UsernamesOptional
	w := authtest.New(t, authtest.SQLite(t), config)
	special := population(t, w)
	w.Letters(t)
	w.Clock.Advance(48 * time.Hour)
	ctx := from(t, "203.0.113.7", laptop)
	work := func(email string) [][]string {
		var calls []string
		watched := w.Replica(authtest.Difference{Store: authtest.Observe(w.Store, func(method string) { calls = append(calls, method) })})
		var all [][]string
		for range 3 {
			for _, ask := range []func() error{
				func() error { return watched.RequestPasswordReset(ctx, email, "") },
				func() error { return watched.ResendConfirmationEmail(ctx, email, "") },
				func() error { _, err := watched.RequestLoginCode(ctx, email); return err },
				func() error {
					_, err := watched.Login(ctx, auth.LoginInput{Email: email, Password: wrongPassword})
					refused(t, err, auth.InvalidCredentials)
					return nil
				},
			} {
				must(t, ask())
				calls = nil
				watched.Letters(t)
				last := -1
				for i, method := range calls {
					switch method {
					case "CreateToken", "MintCode", "AddEmailChangeToken", "TakeUnits":
						last = i
					}
				}
				if last >= 0 { // in place of the digest of a token something as large is written
					calls[last] = "keep a digest"
				}
				all = append(all, calls)
				w.Clock.Advance(4 * time.Minute)
			}
		}
		return all
	}
	want := work("stranger@nowhere.example")
	for email, who := range special {
		if diff := cmp.Diff(want, work(email)); diff != "" {
			t.Errorf("it is different for %s (-unknown +known):\n%s", who, diff)
		}
	}
}

// TestComposingIsTheSameWork counts what the worker does for the items that a stranger enqueues, for each kind of
// address.
func TestComposingIsTheSameWork(t *testing.T) {
	t.Parallel()
	config := authtest.WithLoginCodes(authtest.Mandatory)
	config.Usernames = auth.UsernamesOptional
	w := authtest.New(t, authtest.SQLite(t), config)
	special := population(t, w)
	special[nobody] = "nobody"
	ask := map[string]func(email string, password secret.Text) error{
		"a reset":      func(email string, _ secret.Text) error { return w.RequestPasswordReset(t.Context(), email, "") },
		"a resend":     func(email string, _ secret.Text) error { return w.ResendConfirmationEmail(t.Context(), email, "") },
		"a login code": func(email string, _ secret.Text) error { _, err := w.RequestLoginCode(t.Context(), email); return err },
		"a login": func(email string, password secret.Text) error {
			_, err := w.Login(t.Context(), auth.LoginInput{Email: email, Password: password})
			return err
		},
		"a sign-up": func(email string, _ secret.Text) error {
			_, err := w.Register(t.Context(), auth.RegisterInput{Email: email, Password: newPassword})
			return err
		},
	}
	for name, do := range ask {
		t.Run(name, func(t *testing.T) {
			work := func(email string, password secret.Text) (calls []string, letters int) {
				w.Clock.Advance(48 * time.Hour) // for a budget that is full again, and for the limits
				err := do(email, password)
				if err != nil {
					refused(t, err, auth.InvalidCredentials)
				}
				watched := w.Replica(authtest.Difference{Store: authtest.Observe(w.Store, func(method string) {
					if method == "CreateToken" || method == "MintCode" || method == "AddEmailChangeToken" {
						method = "keep a digest"
					}
					calls = append(calls, method)
				})})
				letters = len(watched.Letters(t))
				for i := range calls { // in place of the digest of a token something as large is written
					if calls[i] == "TakeUnits" && i > 0 && calls[i-1] == "TakeUnits" {
						calls[i] = "keep a digest"
					}
				}
				return calls, letters
			}
			want, letters := work("stranger@nowhere.example", wrongPassword)
			if letters != 0 && name != "a sign-up" || len(want) < 5 {
				t.Fatalf("for an unknown address: got %d letters and the calls %q", letters, want)
			}
			for email, who := range special {
				for _, password := range []secret.Text{wrongPassword, adasPassword} {
					if name == "a login" && password == adasPassword && (email == "confirmed@x.example" || email == "admin@x.example" || email == "disabled@x.example") {
						continue // that is a login, or the answer says that the account is disabled
					}
					got, _ := work(email, password)
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("it is different for %s (-unknown +known):\n%s", who, diff)
					}
				}
			}
		})
	}
}
