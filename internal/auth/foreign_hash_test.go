package auth_test

import (
	"bufio"
	"context"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
	"github.com/latchkey-auth/latchkey/internal/secret/foreign"
)

// foreignVector is a hash that another program made, from the tests of package foreign.
type foreignVector struct {
	By, As   string
	Password secret.Text
	Text     []string
}

func (v foreignVector) parse(t *testing.T) foreign.Hash {
	t.Helper()
	var hash foreign.Hash
	var err error
	switch v.As {
	case "text":
		hash, err = foreign.Parse(v.Text[0])
	case "wordpress":
		hash, err = foreign.ParseWordPress(v.Text[0])
	case "devise":
		hash, err = foreign.ParseDevise(v.Text[0], v.Text[1])
	case "keycloak":
		hash, err = foreign.ParseKeycloak(v.Text[0], v.Text[1])
	case "better-auth":
		hash, err = foreign.ParseBetterAuth(v.Text[0])
	default:
		t.Fatalf("%s is read by nothing", v.As)
	}
	must(t, err)
	return hash
}

// foreignVectors returns one hash of each kind.
func foreignVectors(t *testing.T) map[string]foreignVector {
	t.Helper()
	file, err := os.Open("../secret/foreign/testdata/hashes.jsonl")
	must(t, err)
	defer func() { must(t, file.Close()) }()
	kinds := map[string]foreignVector{}
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		var line struct {
			By, As, Password string
			Text             []string
		}
		must(t, json.Unmarshal(scanner.Bytes(), &line))
		v := foreignVector{By: line.By, As: line.As, Password: secret.Text(line.Password), Text: line.Text}
		hash := v.parse(t)
		kind, _, fast := hash.Fast()
		if !fast {
			kind = hash.Class()
		}
		kind, _, _ = strings.Cut(kind, ":")
		kinds[kind] = v // the last one: its password is not of ASCII, or longer than bcrypt looks
	}
	return kinds
}

// adopt gives a new user of the address a hash of another program, as an import does.
func adopt(t *testing.T, w *authtest.World, email string, hash foreign.Hash) *auth.User {
	t.Helper()
	text, err := w.Hasher.Adopt(t.Context(), hash)
	must(t, err)
	user, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: email, Role: auth.RoleUser, Verified: true, Password: adasPassword})
	must(t, err)
	storeHash(t, w, user, text)
	return user
}

func storeHash(t *testing.T, w *authtest.World, user *auth.User, hash secret.Text) {
	t.Helper()
	must(t, w.Store.InTx(t.Context(), func(tx auth.Tx) error {
		return tx.SetPassword(t.Context(), user.ID, hash, w.Clock.Now())
	}))
}

func TestAHashOfAnotherProgramIsEnoughEverywhere(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s auth.Store) {
		w := authtest.New(t, s, authtest.Unlimited(authtest.Optional))
		v := foreignVectors(t)["foreign$bcrypt"]
		user := adopt(t, w, ada, v.parse(t))
		before := reload(t, w, ada).PasswordHash
		storeHash(t, w, user, hashOf(t, w, adasPassword))
		caller, _ := w.LogIn(t, ada, adasPassword)
		storeHash(t, w, user, before)

		_, err := w.AuthenticateBasic(t.Context(), auth.LoginInput{Email: ada, Password: v.Password})
		must(t, err)
		right, wrong := v.Password, wrongPassword
		_, err = w.Reauthenticate(t.Context(), caller, auth.ReauthenticateInput{Password: &right})
		must(t, err)
		if _, err = w.Reauthenticate(t.Context(), caller, auth.ReauthenticateInput{Password: &wrong}); err == nil {
			t.Error("got a session confirmed by a wrong password, want none")
		}
		if reload(t, w, ada).PasswordHash != before {
			t.Error("got another hash, want that to wait for a login")
		}
		if _, err = w.ChangePassword(t.Context(), caller, auth.ChangePasswordInput{CurrentPassword: &wrong, NewPassword: newPassword}); err == nil {
			t.Error("got the password changed by a wrong one, want it refused")
		}
		_, err = w.ChangePassword(t.Context(), caller, auth.ChangePasswordInput{CurrentPassword: &right, NewPassword: newPassword})
		must(t, err)
		if !logsIn(t, w, ada, newPassword) || logsIn(t, w, ada, v.Password) {
			t.Error("got the new password refused or the old one accepted, want only the new one")
		}
	})
}

// djangoHash is what Django stores of a password, with few iterations.
func djangoHash(t *testing.T, password secret.Text) string {
	t.Helper()
	sum, err := pbkdf2.Key(sha256.New, password.Reveal(), []byte("salt"), 1000, sha256.Size)
	must(t, err)
	return "pbkdf2_sha256$1000$salt$" + base64.StdEncoding.EncodeToString(sum)
}

func hashOf(t *testing.T, w *authtest.World, password secret.Text) secret.Text {
	t.Helper()
	hash, err := w.Hasher.Hash(t.Context(), password)
	must(t, err)
	return hash
}

// TestWhatWasTypedIsComparedAsItIs: other programs do not normalize, and some devices send other forms than others.
func TestWhatWasTypedIsComparedAsItIs(t *testing.T) {
	t.Parallel()
	const composed, parts secret.Text = "caf\u00e9-gxkwv-1815", "cafe\u0301-gxkwv-1815"
	w := authtest.New(t, authtest.SQLite(t), authtest.Unlimited(authtest.Optional))
	for i, hashed := range []secret.Text{composed, parts} {
		email := fmt.Sprintf("u%d@x.example", i)
		text, err := foreign.Parse(djangoHash(t, hashed))
		must(t, err)
		adopt(t, w, email, text)
		if hashed == parts && logsIn(t, w, email, composed) {
			t.Error("got the composed form accepted by a hash of its parts, which say nothing of it")
		}
		if !logsIn(t, w, email, parts) {
			t.Errorf("%+q: got its parts refused, want a login", hashed.Reveal())
		}
		if !logsIn(t, w, email, composed) || !logsIn(t, w, email, parts) {
			t.Errorf("%+q: after the first login got a form refused, want all the same", hashed.Reveal())
		}
	}
}

// TestImportedAccountsAreTheSameWork counts the hashes of each attempt: what they cost, in their order.
func TestImportedAccountsAreTheSameWork(t *testing.T) {
	t.Parallel()
	var costs []uint64
	hasher := authtest.Hasher(t, secret.Params{MemoryKiB: hashKiB, Passes: 1, Parallelism: 1})
	hasher.Observe(func(_ context.Context, work secret.HashWork) { costs = append(costs, work.KiB) })
	w := authtest.New(t, authtest.SQLite(t), authtest.Unlimited(authtest.Mandatory)).Replica(authtest.Difference{Hasher: hasher})
	attempt := func(email string, password secret.Text) []uint64 {
		costs = nil
		if logsIn(t, w, email, password) {
			t.Fatalf("%s: got a login, want none", email)
		}
		return costs
	}

	// What a wrong password costs, by class: the bcrypt, PBKDF2 in two costs, and our own.
	known := map[string][]uint64{"own": {hashKiB}}
	for _, class := range []string{"bcrypt:4", "pbkdf2-sha256:2000", "pbkdf2-sha256:4000"} {
		for i := range 4 {
			hash, err := foreign.Decoy("foreign$" + class + "$")
			must(t, err)
			adopt(t, w, fmt.Sprintf("%s.%d@x.example", strings.ReplaceAll(class, ":", "-"), i), hash)
		}
		known[class] = attempt(strings.ReplaceAll(class, ":", "-")+".0@x.example", wrongPassword)
		if len(known[class]) != 2 || known[class][1] != hashKiB || known[class][0] == hashKiB {
			t.Fatalf("%s: got the work %v, want that of the hash and of one of ours", class, known[class])
		}
	}
	for i := range 4 {
		w.Join(t, fmt.Sprintf("own.%d@x.example", i), adasPassword)
	}
	if got := attempt("own.0@x.example", wrongPassword); !slices.Equal(got, known["own"]) {
		t.Fatalf("got the work %v for a hash of our own, want %v", got, known["own"])
	}
	told, err := w.LearnPasswordCosts(t.Context())
	must(t, err)
	if told != 0 {
		t.Errorf("got %d classes that are told, want none", told)
	}

	seen := map[string]int{}
	for i := range 48 {
		email := fmt.Sprintf("nobody.%d@x.example", i)
		first := attempt(email, wrongPassword)
		for class, cost := range known {
			if slices.Equal(first, cost) {
				seen[class]++
			}
		}
		if again := attempt(email, adasPassword); !slices.Equal(first, again) {
			t.Errorf("%s: got the work %v and then %v, want the same each time", email, first, again)
		}
		// Whoever has the address from now on, it keeps its class until it has a hash of its own.
		switch i % 3 {
		case 0:
			signUp(t, w, email, adasPassword)
			if got := attempt(email, adasPassword); !slices.Equal(first, got) {
				t.Errorf("%s: got the work %v for the right password of a sign-up, want %v", email, got, first)
			}
		case 1:
			_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: email, Role: auth.RoleUser, Verified: true})
			must(t, err)
		}
		w.Letters(t)
		if got := attempt(email, wrongPassword); !slices.Equal(first, got) {
			t.Errorf("%s: got the work %v, want %v as before there was anybody", email, got, first)
		}
	}
	sum := 0
	for _, n := range seen {
		sum += n
	}
	if sum != 48 || len(seen) != 4 {
		t.Errorf("got %d of 48 addresses in %d classes, want all in 4: %v", sum, len(seen), seen)
	}
}

// TestAnInterruptedGuessCountsWhoeverHasTheAddress: the comparison is done and a wrong password is known to be one, but what
// makes up for its time is interrupted.
func TestAnInterruptedGuessCountsWhoeverHasTheAddress(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.SQLite(t), authtest.Mandatory)
	hash, err := foreign.Decoy("foreign$bcrypt:4$")
	must(t, err)
	adopt(t, w, ada, hash)
	hasher := authtest.Hasher(t, authtest.CheapParams)
	interrupt := func() {}
	hasher.Observe(func(context.Context, secret.HashWork) { interrupt() })
	w = w.Replica(authtest.Difference{Hasher: hasher})
	_, err = w.LearnPasswordCosts(t.Context())
	must(t, err)
	outcomes := map[string][]auth.Kind{}
	for i, email := range []string{ada, nobody} {
		for range 12 {
			ctx, cancel := context.WithCancel(fromAddress(t, i))
			interrupt = cancel
			kind, _ := kindOf(guess(ctx, w, email))
			outcomes[email] = append(outcomes[email], kind)
			cancel()
		}
	}
	if diff := cmp.Diff(outcomes[ada], outcomes[nobody]); diff != "" {
		t.Errorf("the attempts differ (-known +unknown):\n%s", diff)
	}
	if got := outcomes[nobody]; got[0] == got[len(got)-1] {
		t.Errorf("got %v, want that the attempts count", got)
	}
}

// TestARowThatCouldStopTheServerIsAWrongPassword: it is not compared, takes the work of nobody's, and an operator is
// told whose it is.
func TestARowThatCouldStopTheServerIsAWrongPassword(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, s auth.Store) {
		var told []uuid.UUID
		config := authtest.Unlimited(authtest.Mandatory)
		config.HashUnreadable = func(_ context.Context, whose uuid.UUID) { told = append(told, whose) }
		w := authtest.New(t, s, config).Replica(authtest.Difference{Hasher: countedHasher(t), Config: config})
		population(t, w)
		user := w.Join(t, ada, adasPassword)
		caller, _ := w.LogIn(t, ada, adasPassword)
		attempt := func(email string) work {
			return measure(t, w, func(w *authtest.World) (any, error) {
				return w.Login(t.Context(), auth.LoginInput{Email: email, Password: adasPassword})
			})
		}
		want := attempt(nobody)
		bombs := []secret.Text{
			"foreign$bcrypt:31$YWJjZGVmZ2hpamtsbW5vcHFyc3R1dQ$QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpBQkNERQ",
			"foreign$pbkdf2-sha256:4294967295$YWJj$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
			"$argon2id$v=19$m=1048576,t=64,p=1$c29tZSBzYWx0IDEyMzQ1Ng$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
			"$argon2id$v=19$m=64,t=1,p=1$c29tZSBzYWx0IDEyMzQ1Ng$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA$sha3:AAAA",
			"$2b$31$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZABCDE",
			"anything",
		}
		for _, bomb := range bombs {
			storeHash(t, w, user, bomb)
			told = nil
			if diff := cmp.Diff(want, attempt(ada)); diff != "" {
				t.Errorf("%.20s…: it is different (-unknown +known):\n%s", bomb.Reveal(), diff)
			}
			password := adasPassword
			if _, err := w.Reauthenticate(t.Context(), caller, auth.ReauthenticateInput{Password: &password}); err == nil {
				t.Errorf("%.20s…: got a session confirmed, want the password to be wrong", bomb.Reveal())
			}
			if len(told) < 2 || told[0] != user.ID {
				t.Errorf("%.20s…: got %v told, want the id of the user each time", bomb.Reveal(), told)
			}
		}
	})
}
