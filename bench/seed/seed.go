// Package seed fills a database with users who have sessions, faster than signing them up would, so that
// it can be measured at any size.
package seed

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/secret"
	"github.com/latchkey-auth/latchkey/internal/store"
)

// Password is every user's.
const Password secret.Text = "correct horse battery"

// SessionsPerUser is how many sessions each has. The last of them has refresh tokens.
const SessionsPerUser = 3

// Seeded says for whom one can ask: a sample of the users, spread evenly over all, in no order, so that
// those who are asked for one after the other are not neighbours in the database. The lists have a user
// at the same place.
type Seeded struct {
	Users    int
	Emails   []string
	Tokens   []string // of a session of each
	Spare    []string // of another one
	Refresh  []string // the refresh token of the third
	Duration time.Duration
}

func (s *Seeded) shuffle() {
	rand.Shuffle(len(s.Emails), func(i, j int) { //nolint:gosec // nobody gains by guessing it
		for _, list := range [][]string{s.Emails, s.Tokens, s.Spare, s.Refresh} {
			list[i], list[j] = list[j], list[i]
		}
	})
}

// Fill brings an empty database up to date and fills it. The sample has so many users at most.
//
// The sessions that the tokens are of were last seen at moments spread over a minute, as those in use are: the
// first request in a minute writes down that there was one. Those with refresh tokens were used an hour ago.
func Fill(ctx context.Context, url string, users, sample int) (*Seeded, error) {
	begun := time.Now()
	db, err := store.Open(ctx, url)
	if err != nil {
		return nil, err
	}
	_, err = db.Migrate(ctx, nil)
	if err = errors.Join(err, db.Close()); err != nil {
		return nil, err
	}
	people, err := newPeople(ctx, users, sample)
	if err != nil {
		return nil, err
	}
	if path, found := strings.CutPrefix(url, "sqlite:"); found {
		err = fillSQLite(ctx, path, people)
	} else {
		err = fillPostgres(ctx, url, people)
	}
	if err != nil {
		return nil, fmt.Errorf("seed %d users: %w", users, err)
	}
	people.seeded.shuffle()
	people.seeded.Duration = time.Since(begun)
	return people.seeded, nil
}

// table is a table and how its rows are made.
type table struct {
	name    string
	columns []string
	rows    int
	row     func(i int) []any
}

// people makes the rows of all tables.
type people struct {
	seeded *Seeded
	stride int // every so many users, one is in the sample
	hash   string
	now    time.Time
	first  uuid.UUID
}

func newPeople(ctx context.Context, users, sample int) (*people, error) {
	hasher, err := secret.NewHasher(secret.DefaultParams)
	if err != nil {
		return nil, err
	}
	hash, err := hasher.Hash(ctx, Password)
	if err != nil {
		return nil, err
	}
	first, err := uuid.NewV7()
	if err != nil {
		return nil, err
	}
	sample = max(1, sample)
	return &people{
		seeded: &Seeded{Users: users}, stride: (users + sample - 1) / sample, hash: hash.Reveal(),
		now: time.Now().UTC().Truncate(time.Second), first: first,
	}, nil
}

// id returns an id that is in the order of its number, as UUIDv7 are.
func (p *people) id(kind byte, number int) uuid.UUID {
	id := p.first
	id[8] = id[8]&0xc0 | kind
	for i := range 6 {
		id[15-i] = byte(number >> (8 * i)) //nolint:gosec // byte by byte
	}
	return id
}

func (p *people) tables() []table {
	users := p.seeded.Users
	return []table{
		{"users", []string{"id", "email", "email_key", "name", "role", "verified_at", "created_at", "updated_at"}, users, p.user},
		{"passwords", []string{"user_id", "hash", "created_at"}, users, p.password},
		{"sessions", []string{
			"id", "user_id", "token_digest", "created_at", "last_seen_at", "authenticated_at", "ends_at", "ip_address", "user_agent",
		}, users * SessionsPerUser, p.session},
		{"refresh_chains", []string{"session_id", "family", "digest", "rotated_at"}, users, p.chain},
	}
}

func (p *people) user(i int) []any {
	email := fmt.Sprintf("user-%d@example.com", i)
	if i%p.stride == 0 {
		p.seeded.Emails = append(p.seeded.Emails, email)
	}
	return []any{p.id(1, i), email, email, "Ada", "USER", p.now, p.now, p.now}
}

func (p *people) password(i int) []any { return []any{p.id(1, i), p.hash, p.now} }

func (p *people) session(i int) []any {
	user, which := i/SessionsPerUser, i%SessionsPerUser
	// A measurement begins some 20 s later.
	digest, seen := nobodys(), p.now.Add(time.Duration(20-user%60)*time.Second)
	if which == SessionsPerUser-1 {
		seen = p.now.Add(-time.Hour)
	} else if user%p.stride == 0 {
		token := secret.NewToken(secret.SessionToken)
		digest = secret.Digest(token)
		if which == 0 {
			p.seeded.Tokens = append(p.seeded.Tokens, token.Reveal())
		} else {
			p.seeded.Spare = append(p.seeded.Spare, token.Reveal())
		}
	}
	began := p.now.Add(-2 * time.Hour)
	return []any{
		p.id(2, i), p.id(1, user), digest, began, seen, began, p.now.Add(90 * 24 * time.Hour), "127.0.0.1",
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
	}
}

func (p *people) chain(i int) []any {
	id, before := p.id(2, i*SessionsPerUser+SessionsPerUser-1), p.now.Add(-time.Hour)
	if i%p.stride != 0 {
		return []any{id, nobodys(), nobodys(), before}
	}
	token := secret.NewRefreshToken()
	family, err := secret.RefreshFamily(token)
	if err != nil {
		panic("seed: " + err.Error()) // it was made a moment ago
	}
	p.seeded.Refresh = append(p.seeded.Refresh, token.Reveal())
	return []any{id, family, secret.Digest(token), before}
}

// nobodys returns what looks like the digest of a token, and costs less to make.
func nobodys() []byte {
	digest := make([]byte, 0, 32)
	for range 4 {
		digest = binary.LittleEndian.AppendUint64(digest, rand.Uint64()) //nolint:gosec // it opens nothing
	}
	return digest
}
