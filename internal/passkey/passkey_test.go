package passkey_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-auth/latchkey/internal/passkey"
	"github.com/latchkey-auth/latchkey/internal/passkey/passkeytest"
)

const origin = "https://app.example.com"

var settings = passkey.Settings{Domain: "example.com", Name: "Example", Timeout: 5 * time.Minute, Origins: []string{origin, "https://shop.example.org", "android:apk-key-hash:aGFzaA"}}

func newParty(t *testing.T, s passkey.Settings) *passkey.RelyingParty {
	t.Helper()
	party, err := passkey.New(s)
	must(t, err)
	return party
}

func newAccount() *passkey.Account {
	return &passkey.Account{Handle: []byte(strings.Repeat("h", passkey.HandleLength)), Name: "ada@example.com", DisplayName: "Ada"}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func text(t *testing.T, value any) []byte {
	t.Helper()
	out, err := json.Marshal(value)
	must(t, err)
	return out
}

// enrolled makes a passkey and gives it to the account.
func enrolled(t *testing.T, party *passkey.RelyingParty, account *passkey.Account, key *passkeytest.Key) *passkey.Created {
	t.Helper()
	ceremony, err := party.BeginCreate(account, false)
	must(t, err)
	created, err := party.FinishCreate(account, ceremony.State, text(t, key.Create(ceremony.Options)))
	must(t, err)
	account.Credentials = append(account.Credentials, created.Credential)
	return created
}

func TestAPasskeyLogsIn(t *testing.T) {
	t.Parallel()
	party, account, key := newParty(t, settings), newAccount(), passkeytest.New(origin)
	key.Flags |= passkeytest.BackupEligible | passkeytest.BackedUp
	created := enrolled(t, party, account, key)
	if !created.Discoverable || !created.UserVerified || !created.BackedUp || created.SignCount != 0 {
		t.Errorf("got %+v, want a passkey that can be found, verifies its user and is backed up", created)
	}
	if diff := cmp.Diff([]string{"internal", "hybrid"}, created.Transports); diff != "" {
		t.Errorf("the transports (-want +got):\n%s", diff)
	}
	ceremony, err := party.BeginLogin()
	must(t, err)
	if ceremony.Options["allowCredentials"] != nil || ceremony.Options["userVerification"] != "required" {
		t.Errorf("got the options %v, want user verification and no list of passkeys", ceremony.Options)
	}
	key.Count = 7
	response, err := passkey.ReadResponse(text(t, key.Get(ceremony.Options)))
	must(t, err)
	proved, err := party.Finish(account, ceremony.State, response)
	must(t, err)
	if proved.SignCount != 7 || !proved.UserVerified || string(response.CredentialID()) != string(key.ID) {
		t.Errorf("got %+v, want the 7th signature, verified", proved)
	}
}

// TestWhatMayNotBeChanged changes one thing at a time of a ceremony that makes a passkey, and of one that uses it.
func TestWhatMayNotBeChanged(t *testing.T) {
	t.Parallel()
	changes := map[string]func(key *passkeytest.Key){
		"an origin of nobody":            func(k *passkeytest.Key) { k.Origin = "https://evil.example" },
		"a subdomain that is not listed": func(k *passkeytest.Key) { k.Origin = "https://evil.example.com" },
		"plain http":                     func(k *passkeytest.Key) { k.Origin = "http://app.example.com" },
		"localhost in production":        func(k *passkeytest.Key) { k.Origin = "http://localhost:8080" },
		"another relying party":          func(k *passkeytest.Key) { k.RPID = "evil.example" },
		"a page around it":               func(k *passkeytest.Key) { k.TopOrigin = "https://evil.example" },
		"a page of ours around it":       func(k *passkeytest.Key) { k.TopOrigin = origin },
		"no user present":                func(k *passkeytest.Key) { k.Flags &^= passkeytest.UserPresent },
		"backed up, and cannot be":       func(k *passkeytest.Key) { k.Flags |= passkeytest.BackedUp },
	}
	party := newParty(t, settings)
	for name, change := range changes {
		account, key := newAccount(), passkeytest.New(origin)
		enrolled(t, party, account, key)
		change(key)
		get, err := party.BeginLogin()
		must(t, err)
		wantInvalid(t, "use: "+name, finish(t, party, account, get, key.Get(get.Options)))

		account, key = newAccount(), passkeytest.New(origin)
		change(key)
		create, err := party.BeginCreate(account, false)
		must(t, err)
		_, err = party.FinishCreate(account, create.State, text(t, key.Create(create.Options)))
		wantInvalid(t, "make: "+name, err)
	}
}

func finish(t *testing.T, party *passkey.RelyingParty, account *passkey.Account, ceremony *passkey.Ceremony, sent any) error {
	t.Helper()
	response, err := passkey.ReadResponse(text(t, sent))
	if err != nil {
		return err
	}
	_, err = party.Finish(account, ceremony.State, response)
	return err
}

func wantInvalid(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, passkey.ErrInvalid) {
		t.Errorf("%s: got the error %v, want %v", what, err, passkey.ErrInvalid)
	}
}

func TestWhatMayNotBeChangedOfAUse(t *testing.T) {
	t.Parallel()
	party := newParty(t, settings)
	account, key := newAccount(), passkeytest.New(origin)
	enrolled(t, party, account, key)
	get, err := party.BeginLogin()
	must(t, err)
	good := *key
	for name, change := range map[string]func(){
		"no user verified":        func() { key.Flags &^= passkeytest.UserVerified },
		"the other ceremony":      func() { key.Type = "webauthn.create" },
		"the handle of another":   func() { key.Handle = []byte("another") },
		"no handle":               func() { key.Handle = nil },
		"an id that nobody has":   func() { key.ID = []byte("nobody has this one") },
		"a bit of the rest":       func() { key.Tamper = func(data []byte) { data[33] ^= 1 } },
		"the flag of the backup":  func() { key.Tamper = func(data []byte) { data[32] ^= passkeytest.BackupEligible } },
		"a signature of another":  func() { *key = *passkeytest.New(origin); key.ID, key.Handle = good.ID, good.Handle },
		"an id that is too long":  func() { key.ID = make([]byte, 1024) },
		"an empty id":             func() { key.ID = nil },
		"an app that is not ours": func() { key.Origin = "android:apk-key-hash:ZXZpbA" },
	} {
		*key = good
		change()
		wantInvalid(t, name, finish(t, party, account, get, key.Get(get.Options)))
	}
	*key = good
	create, err := party.BeginCreate(account, false)
	must(t, err)
	wantInvalid(t, "the challenge of another ceremony", finish(t, party, account, get, key.Get(create.Options)))
	wantInvalid(t, "what makes a passkey", finish(t, party, account, get, key.Create(create.Options)))
	_, err = party.FinishCreate(account, create.State, text(t, key.Get(create.Options)))
	wantInvalid(t, "what uses a passkey", err)
	large := key.Get(get.Options)
	large["padding"] = strings.Repeat("x", 1<<20)
	wantInvalid(t, "a megabyte", finish(t, party, account, get, large))
	for _, broken := range []any{nil, map[string]any{}, "x", map[string]any{"id": 1}} {
		wantInvalid(t, fmt.Sprintf("%v", broken), finish(t, party, account, get, broken))
	}
	must(t, finish(t, party, account, get, key.Get(get.Options)))
}

func TestAnAppUsesAPasskey(t *testing.T) {
	t.Parallel()
	party, account, key := newParty(t, settings), newAccount(), passkeytest.New("android:apk-key-hash:aGFzaA")
	enrolled(t, party, account, key)
}

// TestTheFlagOfTheBackupChanges: password managers change it when they begin to sync, and back.
func TestTheFlagOfTheBackupChanges(t *testing.T) {
	t.Parallel()
	party, account, key := newParty(t, settings), newAccount(), passkeytest.New(origin)
	enrolled(t, party, account, key)
	for _, eligible := range []bool{true, false} {
		key.Flags ^= passkeytest.BackupEligible
		get, err := party.BeginLogin()
		must(t, err)
		response, err := passkey.ReadResponse(text(t, key.Get(get.Options)))
		must(t, err)
		proved, err := party.Finish(account, get.State, response)
		must(t, err)
		if proved.BackupEligible != eligible {
			t.Errorf("eligible is %t, want %t", proved.BackupEligible, eligible)
		}
		account.Credentials[0] = proved.Credential
	}
}

// TestAPasskeyOfAListIsRemoved: one that is removed while a ceremony is under way does not spoil it for the others.
func TestAPasskeyOfAListIsRemoved(t *testing.T) {
	t.Parallel()
	party, account := newParty(t, settings), newAccount()
	first, second := passkeytest.New(origin), passkeytest.New(origin)
	enrolled(t, party, account, first)
	enrolled(t, party, account, second)
	proof, err := party.BeginProof(account)
	must(t, err)
	second.Flags &^= passkeytest.UserVerified // beside another factor that is enough
	account.Credentials = account.Credentials[1:]
	must(t, finish(t, party, account, proof, second.Get(proof.Options)))
	wantInvalid(t, "the one that was removed", finish(t, party, account, proof, first.Get(proof.Options)))
	third := passkeytest.New(origin)
	enrolled(t, party, account, third)
	wantInvalid(t, "one that the ceremony does not name", finish(t, party, account, proof, third.Get(proof.Options)))
	account.Credentials = account.Credentials[1:]
	wantInvalid(t, "one that it does not name, when those are removed", finish(t, party, account, proof, third.Get(proof.Options)))
	account.Credentials = nil
	if _, err := party.BeginProof(account); err == nil {
		t.Error("a ceremony begins for an account without passkeys")
	}
}

// TestManagersThatSendMore: outputs that nobody asked for decide nothing, and refuse nothing.
func TestManagersThatSendMore(t *testing.T) {
	t.Parallel()
	party, account, key := newParty(t, settings), newAccount(), passkeytest.New(origin)
	key.Outputs = map[string]any{"credProps": map[string]any{"rk": false}, "prf": map[string]any{"enabled": true}, "foo": 1}
	if created := enrolled(t, party, account, key); created.Discoverable {
		t.Error("a passkey that cannot be found is taken for one that can")
	}
	get, err := party.BeginLogin()
	must(t, err)
	must(t, finish(t, party, account, get, key.Get(get.Options)))
}

// TestABrowserMakesAPasskeyByItself: only where that was asked for may the user be away.
func TestABrowserMakesAPasskeyByItself(t *testing.T) {
	t.Parallel()
	party, account, key := newParty(t, settings), newAccount(), passkeytest.New(origin)
	key.Flags = 0
	automatic, err := party.BeginCreate(account, true)
	must(t, err)
	created, err := party.FinishCreate(account, automatic.State, text(t, key.Create(automatic.Options)))
	must(t, err)
	if created.UserVerified {
		t.Error("a user who was away is verified")
	}
}

func TestLocalhost(t *testing.T) {
	t.Parallel()
	party := newParty(t, passkey.Settings{Domain: "localhost", Name: "Example", Origins: []string{"http://localhost:8080"}, Localhost: true})
	enrolled(t, party, newAccount(), passkeytest.New("http://localhost:5173"))
	for _, foreign := range []string{"https://localhost.evil.example", "http://127.0.0.1:8080", "http://localhost:8080@evil.example", "http://evil.example"} {
		account, key := newAccount(), passkeytest.New(foreign)
		create, err := party.BeginCreate(account, false)
		must(t, err)
		_, err = party.FinishCreate(account, create.State, text(t, key.Create(create.Options)))
		wantInvalid(t, foreign, err)
	}
}

func TestDomainsThatCannotBe(t *testing.T) {
	t.Parallel()
	for _, domain := range []string{"", "127.0.0.1", "::1", "example.com:8080"} {
		if _, err := passkey.New(passkey.Settings{Domain: domain, Name: "x", Origins: []string{origin}}); err == nil {
			t.Errorf("%q is a domain for passkeys, want an error", domain)
		}
	}
}

func TestRelatedOriginsAndProviders(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff([]string{origin, "https://shop.example.org"}, newParty(t, settings).RelatedOrigins()); diff != "" {
		t.Errorf("the related origins (-want +got):\n%s", diff)
	}
	known := []byte{0xba, 0xda, 0x55, 0x66, 0xa7, 0xaa, 0x40, 0x1f, 0xbd, 0x96, 0x45, 0x61, 0x9a, 0x55, 0x12, 0x0d}
	if got := passkey.Provider(known); got != "1Password" {
		t.Errorf("got the provider %q, want 1Password", got)
	}
	for _, unknown := range [][]byte{nil, make([]byte, 16), make([]byte, 15)} {
		if got := passkey.Provider(unknown); got != "" {
			t.Errorf("got the provider %q of %x, want none", got, unknown)
		}
	}
}
