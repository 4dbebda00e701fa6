package auth

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
	"github.com/latchkey-auth/latchkey/internal/secret/foreign"
)

// ImportBatch is how many users at most are imported in one transaction.
const ImportBatch = 500

// Acts of this feature. Each created or changed account has one.
var (
	actAccountImported       = newAct("account_imported", "An operator imported an account from another system.")
	actAccountImportedAnew   = newAct("account_imported_again", "An import changed an account that was here already.")
	actAccountTakenByImport  = newAct("account_claimed_by_import", "An import gave an account whose address was not confirmed to the owner of the address: what was in it before was dropped.")
	errImportedTooManyAtOnce = fmt.Errorf("import: at most %d users in one transaction", ImportBatch)
)

// ImportedUser is a user of another system. What is empty or zero is not known.
type ImportedUser struct {
	ID            uuid.UUID // which the user keeps here
	Source        string    // the other system; empty: what the options say
	ExternalID    string    // by which the other system knows the user
	Email         string
	EmailVerified bool
	Username      string
	Name          string
	Profile       map[string]any // as profile.ParsePatch returns it
	Role          Role
	CreatedAt     time.Time
	Disabled      bool
	PasswordHash  secret.Text   // as this program stores it
	ForeignHash   *foreign.Hash // of the other system, in place of PasswordHash; nil: none
	TOTPSecret    secret.Text   // in base32; of codes with six digits for 30 seconds by SHA-1
	RecoveryCodes []secret.Text
	PasskeyHandle []byte // by which authenticators know the user
	Passkeys      []ImportedPasskey
	Identities    []ImportedIdentity
}

// ImportedPasskey is a passkey of another system, which works here only if it is of the same relying party.
type ImportedPasskey struct {
	RelyingParty string
	Passkey
}

// ImportedIdentity is an account at a provider. Issuer and subject are what this program would get from the provider.
type ImportedIdentity struct {
	Issuer, Subject, Provider, Email, Name string
}

// Conflict is what becomes of a row whose user is here already, but was not imported from the same source.
type Conflict string

// The ways out of a conflict.
const (
	ConflictSkip   Conflict = "skip"   // the account here stays as it is
	ConflictFail   Conflict = "fail"   // the import ends, without the batch in which the conflict is
	ConflictUpdate Conflict = "update" // the account here gets what the row has
)

// ImportOptions say how users are imported.
type ImportOptions struct {
	Source     string // within which external ids are unique, such as "django"
	OnConflict Conflict
	AllowRoles bool // take roles above USER
	Welcome    bool // enqueue an email to each new user who can sign in
	DryRun     bool // write nothing
}

// ImportOutcome is what became of a row.
type ImportOutcome string

// The outcomes.
const (
	ImportCreated   ImportOutcome = "created"
	ImportUpdated   ImportOutcome = "updated"
	ImportUnchanged ImportOutcome = "unchanged" // imported before
	ImportSkipped   ImportOutcome = "skipped"   // in conflict with what is here
	ImportRefused   ImportOutcome = "refused"   // the row itself cannot be taken
)

// ImportNote is something of a row that was not taken, and why. It repeats nothing of the row.
type ImportNote struct {
	Field string // empty: the row
	Cause string
}

// ImportResult is what became of a row. A row that was taken may have notes, too.
type ImportResult struct {
	Outcome ImportOutcome
	Notes   []ImportNote
}

// ImportConflictError ends an import with ConflictFail. Nothing of its batch was written.
type ImportConflictError struct {
	Index int // of the user in the batch
	Note  ImportNote
}

// Error implements error.
func (e *ImportConflictError) Error() string { return e.Note.Cause }

// Import is one run of an import. It is used by one goroutine.
type Import struct {
	service *Service
	actor   Actor
	options ImportOptions
	// seen are fingerprints of the keys of the rows so far. They are kept only if the store does not tell what came of
	// those rows: because nothing is written, or because rows may change accounts.
	seen  map[[2]uint64]struct{}
	seeds [2]maphash.Seed
}

// NewImport begins an import.
func (s *Service) NewImport(actor Actor, options ImportOptions) *Import {
	i := &Import{service: s, actor: actor, options: options, seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
	if options.DryRun || options.OnConflict == ConflictUpdate {
		i.seen = map[[2]uint64]struct{}{}
	}
	return i
}

// errDryRun undoes a transaction.
var errDryRun = errors.New("a dry run")

// Batch imports up to ImportBatch users in one transaction, and returns what came of each. A row that cannot be taken
// keeps no other out. Sign-ups that wait with the address of an imported user are dropped, with what they claim. No
// password is hashed, and no one is emailed unless the options say so. Errors: an ImportConflictError, or an outage.
func (i *Import) Batch(ctx context.Context, users []*ImportedUser) ([]ImportResult, error) {
	if len(users) > ImportBatch {
		return nil, errImportedTooManyAtOnce
	}
	rows := make([]*importRow, len(users))
	for n, user := range users {
		rows[n] = i.check(user)
		if err := i.adopt(ctx, rows[n]); err != nil {
			return nil, err
		}
	}
	var run *importRun
	err := i.service.do(ctx, "import users", by(i.actor, func(tx *tx) error {
		run = &importRun{Import: i, tx: tx, rows: rows}
		if err := run.all(ctx); err != nil {
			return err
		}
		if i.options.DryRun {
			return errDryRun
		}
		return nil
	}))
	if err != nil && !errors.Is(err, errDryRun) {
		return nil, err
	}
	for n, row := range rows {
		if outcome := run.results[n].Outcome; outcome != ImportRefused && outcome != ImportSkipped {
			i.see(row)
		}
	}
	return run.results, nil
}

// adopt finds out what is stored for the password of a row. Only a digest that costs nothing to try is hashed once more;
// in a dry run it is not.
func (i *Import) adopt(ctx context.Context, row *importRow) error {
	row.hash = row.in.PasswordHash
	if h := row.in.ForeignHash; h != nil && !row.refused {
		if _, _, fast := h.Fast(); fast && i.options.DryRun {
			return nil
		}
		adopted, err := i.service.hasher.hasher.Adopt(ctx, *h)
		if err != nil {
			return busy(err, "import users: adopt a hash")
		}
		row.hash = adopted
	}
	if !i.service.hasher.hasher.Readable(row.hash) {
		row.hash = ""
		row.note("password", "The user has no password here, and chooses one by a reset: the hash is damaged, of an unknown kind, or takes too long to compare.")
	}
	return nil
}

// see remembers the keys of a row.
func (i *Import) see(row *importRow) {
	if i.seen == nil {
		return
	}
	for _, key := range row.keys() {
		i.seen[i.fingerprint(key)] = struct{}{}
	}
}

func (i *Import) hasSeen(key string) bool {
	if i.seen == nil {
		return false
	}
	_, ok := i.seen[i.fingerprint(key)]
	return ok
}

func (i *Import) fingerprint(key string) [2]uint64 {
	return [2]uint64{maphash.String(i.seeds[0], key), maphash.String(i.seeds[1], key)}
}
