package provider

import (
	"strings"
	"time"
)

// Pretend has a preset's provider be at another address, that of a test, and the part of the address behind the last
// slash be a path there.
func (s *Set) Pretend(id, base string) {
	p, err := s.find(id)
	if err != nil {
		panic(err)
	}
	p.preset.issuer = base
	p.preset.endpoint.AuthURL, p.preset.endpoint.TokenURL = base+"/authorize", base+"/token"
	if i := strings.Index(p.preset.userinfo, "://"); i >= 0 {
		rest := p.preset.userinfo[i+3:]
		p.preset.userinfo = base + rest[strings.IndexByte(rest, '/'):]
	}
}

// Hurry has a provider be given up after a time.
func (s *Set) Hurry(id string, after time.Duration) {
	p, err := s.find(id)
	if err != nil {
		panic(err)
	}
	p.client.http.Timeout = after
}

// Impatient has nobody wait longer for the description of a provider.
func (s *Set) Impatient(id string, wait time.Duration) {
	p, err := s.find(id)
	if err != nil {
		panic(err)
	}
	p.kind.(*openID).patience = wait
}
