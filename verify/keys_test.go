package verify_test

import (
	"bytes"
	"context"
	"crypto/elliptic"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/latchkey-auth/latchkey/verify"
)

const remote = "https://auth.example.com"

// inBubble runs a test with an issuer that is reached without a network and a verifier that nobody has
// used yet, on a clock that stands still while anybody works.
func inBubble(t *testing.T, test func(t *testing.T, i *issuer, v *verify.Verifier)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		i := newIssuer(remote, edSigner("first"))
		test(t, i, newVerifier(t, i, verify.Config{Client: &http.Client{Transport: i}}))
		pass(5 * time.Second) // then nothing of a verifier runs, or the bubble says what
	})
}

// accepted fails the test unless the token is.
func accepted(t *testing.T, v *verify.Verifier, token string) {
	t.Helper()
	if _, err := v.Verify(t.Context(), token); err != nil {
		t.Fatalf("a good token was refused: %v", err)
	}
}

func refusedAs(t *testing.T, v *verify.Verifier, token string, want error) {
	t.Helper()
	if _, err := v.Verify(t.Context(), token); !errors.Is(err, want) {
		t.Fatalf("got %v, want: %v", err, want)
	}
}

func wantAsked(t *testing.T, i *issuer, want int) {
	t.Helper()
	if asked, _ := i.counts(); asked != want {
		t.Fatalf("the issuer was asked for its keys %d times, want %d", asked, want)
	}
}

// pass lets time go by. In the bubble of synctest that takes none.
func pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // in the bubble this is no waiting, it sets the clock
}

func down(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }

func TestConcurrentFirstRequestsFetchOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, i *issuer, v *verify.Verifier) {
		i.inFlight = make(chan struct{})
		token := i.token(i.keys[0], nil, nil)
		var requests sync.WaitGroup
		for range 50 {
			requests.Go(func() {
				if _, err := v.Verify(t.Context(), token); err != nil {
					t.Errorf("a good token was refused: %v", err)
				}
			})
		}
		synctest.Wait() // for all of them to wait
		close(i.inFlight)
		requests.Wait()
		wantAsked(t, i, 1)
	})
}

func TestAFetchOutlivesTheRequestThatStartedIt(t *testing.T) {
	inBubble(t, func(t *testing.T, i *issuer, v *verify.Verifier) {
		i.inFlight = make(chan struct{})
		token := i.token(i.keys[0], nil, nil)
		hungUp, hangUp := context.WithCancel(t.Context())
		var requests sync.WaitGroup
		requests.Go(func() {
			if _, err := v.Verify(hungUp, token); !errors.Is(err, verify.ErrUnavailable) || !errors.Is(err, context.Canceled) {
				t.Errorf("the request of who hung up: %v", err)
			}
		})
		synctest.Wait()
		requests.Go(func() {
			if _, err := v.Verify(t.Context(), token); err != nil {
				t.Errorf("the other request: %v", err)
			}
		})
		synctest.Wait()
		hangUp()
		synctest.Wait()
		close(i.inFlight)
		requests.Wait()
		wantAsked(t, i, 1)
	})
}

func TestUnknownKidFloodFetchesOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, i *issuer, v *verify.Verifier) {
		key := i.keys[0]
		flood := func() {
			var requests sync.WaitGroup
			for n := range 200 {
				requests.Go(func() {
					_, err := v.Verify(t.Context(), i.token(key, object{"kid": fmt.Sprintf("made up %d", n)}, nil))
					if !errors.Is(err, verify.ErrInvalid) {
						t.Errorf("got %v, want ErrInvalid", err)
					}
				})
			}
			requests.Wait()
		}
		flood()
		wantAsked(t, i, 1)
		pass(9 * time.Second)
		flood()
		wantAsked(t, i, 1)
		pass(time.Second)
		flood()
		wantAsked(t, i, 2)
		accepted(t, v, i.token(key, nil, nil))
	})
}

func TestTokensWithoutHopeFetchNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, i *issuer, v *verify.Verifier) {
		for _, header := range []object{{"kid": nil}, {"alg": "none"}, {"alg": "HS256"}, {"typ": "JWT"}, {"jwk": i.keys[0].jwk}} {
			refusedAs(t, v, i.token(i.keys[0], header, nil), verify.ErrInvalid)
		}
		wantAsked(t, i, 0)
	})
}

func TestKeysAreKeptForAsLongAsTheServerSays(t *testing.T) {
	for _, c := range []struct {
		name, cache, age string
		kept             time.Duration
	}{
		{"max-age", "public, max-age=300", "", 300 * time.Second},
		{"less what a cache has used up", "public, max-age=300", "100", 200 * time.Second},
		{"nothing said", "", "", 5 * time.Minute},
		{"not a number", "max-age=soon", "", 30 * time.Second},
		{"no caching wanted", "no-store, max-age=300", "", 30 * time.Second},
		{"too short", "max-age=0", "", 30 * time.Second},
		{"too long", "max-age=2000000000", "", time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, i *issuer, v *verify.Verifier) {
				set := jwks(i.keys...)
				i.handler = func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Cache-Control", c.cache)
					w.Header().Set("Age", c.age)
					_, _ = w.Write(set)
				}
				verified := func() { accepted(t, v, i.token(i.keys[0], nil, nil)) }
				verified()
				pass(c.kept*4/5 - time.Second)
				verified()
				synctest.Wait()
				wantAsked(t, i, 1)
				pass(time.Second)
				verified()
				synctest.Wait()
				wantAsked(t, i, 2)
			})
		})
	}
}

func TestAnUnchangedSetIsNotSentAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, i *issuer, v *verify.Verifier) {
		for range 3 {
			accepted(t, v, i.token(i.keys[0], nil, nil))
			pass(301 * time.Second)
		}
		if asked, unmoved := i.counts(); asked != 3 || unmoved != 2 {
			t.Errorf("asked %d times, %d of them answered with 304; want 3 and 2", asked, unmoved)
		}
	})
}

func TestABusyServiceNeverWaitsForAFetch(t *testing.T) {
	inBubble(t, func(t *testing.T, i *issuer, v *verify.Verifier) {
		accepted(t, v, i.token(i.keys[0], nil, nil))
		pass(250 * time.Second)
		i.change(func() { i.inFlight = make(chan struct{}) }) // the next fetch hangs
		begun := time.Now()
		for range 40 {
			accepted(t, v, i.token(i.keys[0], nil, nil))
		}
		if waited := time.Since(begun); waited > 0 {
			t.Errorf("requests with a known and fresh key waited for %s", waited)
		}
		synctest.Wait()
		wantAsked(t, i, 2)
	})
}

func TestAKeyPastItsTimeWaitsALittleForTheServer(t *testing.T) {
	inBubble(t, func(t *testing.T, i *issuer, v *verify.Verifier) {
		accepted(t, v, i.token(i.keys[0], nil, nil))
		pass(301 * time.Second)
		i.change(func() { i.inFlight = make(chan struct{}) }) // it hangs until the fetch is given up

		begun := time.Now()
		accepted(t, v, i.token(i.keys[0], nil, nil))
		if waited := time.Since(begun); waited != 2*time.Second {
			t.Errorf("waited for %s, want 2 s", waited)
		}
		pass(4 * time.Second) // now it is known that the server does not answer
		begun = time.Now()
		for range 10 {
			accepted(t, v, i.token(i.keys[0], nil, nil))
			pass(10 * time.Second)
		}
		if waited := time.Since(begun); waited != 100*time.Second {
			t.Errorf("in an outage that is known, requests waited for %s", waited-100*time.Second)
		}
	})
}

func TestKeyRotationIsSurvivedWithoutAnError(t *testing.T) {
	inBubble(t, func(t *testing.T, i *issuer, v *verify.Verifier) {
		signing := i.keys[0]
		minutes := func(n int) {
			for range n * 6 {
				accepted(t, v, i.token(signing, nil, nil))
				pass(10 * time.Second)
			}
		}
		for _, id := range []string{"second", "third", "fourth"} {
			minutes(7)
			next := ecSigner(id, ecKey(elliptic.P256()))
			i.change(func() { i.keys = append(i.keys, next) })
			minutes(10)
			retired := i.token(signing, nil, nil)
			signing = next
			minutes(10)
			accepted(t, v, retired) // it lives for another five minutes
			minutes(6)
			i.change(func() { i.keys = i.keys[1:] })
		}
	})
}

func TestAKeyThatSignsBeforeItWasShownIsLookedUp(t *testing.T) {
	inBubble(t, func(t *testing.T, i *issuer, v *verify.Verifier) {
		accepted(t, v, i.token(i.keys[0], nil, nil))
		pass(10 * time.Second)
		sudden := edSigner("sudden")
		i.change(func() { i.keys = []signer{sudden} })
		accepted(t, v, i.token(sudden, nil, nil))
		wantAsked(t, i, 2)
	})
}

func TestSignedByARetiredKey(t *testing.T) {
	inBubble(t, func(t *testing.T, i *issuer, v *verify.Verifier) {
		retired := i.keys[0]
		accepted(t, v, i.token(retired, nil, nil))
		i.change(func() { i.keys = []signer{edSigner("second")} })
		pass(301 * time.Second)
		refusedAs(t, v, i.token(retired, nil, nil), verify.ErrInvalid)
	})
}

func TestOutage(t *testing.T) {
	t.Run("known keys go on verifying for a day, unknown ones are nobody's fault", func(t *testing.T) {
		inBubble(t, func(t *testing.T, i *issuer, v *verify.Verifier) {
			accepted(t, v, i.token(i.keys[0], nil, nil))
			i.change(func() { i.handler = down })
			for range 24 * 6 {
				accepted(t, v, i.token(i.keys[0], nil, nil))
				pass(10 * time.Minute)
			}
			accepted(t, v, i.token(i.keys[0], nil, nil))
			refusedAs(t, v, i.token(edSigner("new"), nil, nil), verify.ErrUnavailable)
			pass(time.Second)
			refusedAs(t, v, i.token(i.keys[0], nil, nil), verify.ErrUnavailable)
			refusedAs(t, v, i.token(i.keys[0], object{"typ": "JWT"}, nil), verify.ErrInvalid)

			i.change(func() { i.handler = nil })
			pass(time.Second)
			accepted(t, v, i.token(i.keys[0], nil, nil))
		})
	})
	t.Run("it costs a fetch in ten seconds at most", func(t *testing.T) {
		inBubble(t, func(t *testing.T, i *issuer, v *verify.Verifier) {
			accepted(t, v, i.token(i.keys[0], nil, nil))
			pass(301 * time.Second)
			i.change(func() { i.handler = down })
			for range 100 {
				accepted(t, v, i.token(i.keys[0], nil, nil))
				refusedAs(t, v, i.token(edSigner("new"), nil, nil), verify.ErrUnavailable)
				pass(time.Second)
			}
			synctest.Wait()
			wantAsked(t, i, 1+10)
		})
	})
	t.Run("from the start nothing can be said, and it ends by itself", func(t *testing.T) {
		inBubble(t, func(t *testing.T, i *issuer, v *verify.Verifier) {
			i.handler = down
			for range 10 {
				refusedAs(t, v, i.token(i.keys[0], nil, nil), verify.ErrUnavailable)
			}
			wantAsked(t, i, 1)
			i.change(func() { i.handler = nil })
			pass(time.Second)
			accepted(t, v, i.token(i.keys[0], nil, nil))
		})
	})
	t.Run("a server that hangs is given up after five seconds", func(t *testing.T) {
		inBubble(t, func(t *testing.T, i *issuer, v *verify.Verifier) {
			i.inFlight = make(chan struct{})
			begun := time.Now()
			refusedAs(t, v, i.token(i.keys[0], nil, nil), verify.ErrUnavailable)
			if waited := time.Since(begun); waited != 5*time.Second {
				t.Errorf("waited for %s, want 5 s", waited)
			}
		})
	})
	t.Run("an answer without usable keys does not replace good ones", func(t *testing.T) {
		inBubble(t, func(t *testing.T, i *issuer, v *verify.Verifier) {
			accepted(t, v, i.token(i.keys[0], nil, nil))
			i.change(func() {
				i.handler = func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"keys":[]}`)) }
			})
			pass(time.Hour)
			accepted(t, v, i.token(i.keys[0], nil, nil))
		})
	})
	t.Run("it is in the log, without the token", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			i := newIssuer(remote, edSigner("first"))
			i.handler = down
			var log bytes.Buffer
			v := newVerifier(t, i, verify.Config{Client: &http.Client{Transport: i}, Logger: slog.New(slog.NewTextHandler(&log, nil))})
			token := i.token(i.keys[0], nil, nil)
			refusedAs(t, v, token, verify.ErrUnavailable)
			if !strings.Contains(log.String(), "level=WARN") || !strings.Contains(log.String(), "502") {
				t.Errorf("the log says %q", log.String())
			}
			for part := range strings.SplitSeq(token, ".") {
				if strings.Contains(log.String(), part) {
					t.Error("the log has a part of the token")
				}
			}
		})
	})
}
