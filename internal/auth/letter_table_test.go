package auth

import (
	"maps"
	"slices"
	"testing"
)

// TestJobs says what a row of the table needs. TestTheOutboxKeepsItsJobs has what each is called.
func TestJobs(t *testing.T) {
	for job, spec := range jobs {
		if spec.origin < fromAnyone || spec.origin > fromInviter {
			t.Errorf("%s: got the origin %d, want one that says whether its emails use the budget of their recipient", job, spec.origin)
		}
		if spec.lowPriority && spec.origin != fromAnyone {
			t.Errorf("%s: got a job that strangers can enqueue and whose emails use no budget", job)
		}
		if spec.compose == nil {
			t.Errorf("%s: got no function that composes its letter, want one", job)
		}
	}
}

func TestLetters(t *testing.T) {
	kinds := map[int]LetterKind{}
	for kind, letter := range letters {
		if letter.Kind != kind {
			t.Errorf("%s: got the kind %q in its row, want the same", kind, letter.Kind)
		}
		if other, taken := kinds[letter.order]; taken || letter.order <= 0 {
			t.Errorf("%s: got the order %d, which %q has, want one of its own above 0", kind, letter.order, other)
		}
		kinds[letter.order] = kind
		if letter.Link != "" && letter.Code != "" {
			t.Errorf("%s: got a link and a code, want at most one of them", kind)
		}
		if letter.redirects && letter.Link == "" {
			t.Errorf("%s: got a redirect without a link", kind)
		}
		if link := letter.Link; link != "" && purposes[link].token == "" {
			t.Errorf("%s: got a link with the purpose %s, which is not one of tokens", kind, link)
		}
		if code := letter.Code; code != "" && purposes[code].act == "" {
			t.Errorf("%s: got a code with the purpose %s, which is not one of codes", kind, code)
		}

		sample := letter.Sample()
		if sample.Kind != kind || sample.To.Address == "" || sample.At.IsZero() {
			t.Errorf("%s: got the sample %s to %q at %s, want all of them", kind, sample.Kind, sample.To.Address, sample.At)
		}
		if hasToken := sample.Token != ""; hasToken != (letter.Link != "") {
			t.Errorf("%s: got a token in the sample: %t, want %t", kind, hasToken, !hasToken)
		}
		if hasCode := sample.Code != ""; hasCode != (letter.Code != "") {
			t.Errorf("%s: got a code in the sample: %t, want %t", kind, hasCode, !hasCode)
		}
		if proves := sample.Token != "" || sample.Code != ""; proves != (sample.ValidFor > 0) {
			t.Errorf("%s: got a sample that is valid for %s", kind, sample.ValidFor)
		}
	}
}

func TestPurposes(t *testing.T) {
	var mailed []Purpose
	for _, letter := range letters {
		mailed = append(mailed, letter.Link, letter.Code)
	}
	for purpose, spec := range purposes {
		if spec.lifetime <= 0 {
			t.Errorf("%s: got the lifetime %s, want one above 0", purpose, spec.lifetime)
		}
		if isToken, isCode := spec.token != "", spec.act != ""; isToken == isCode {
			t.Errorf("%s: got a kind of token: %t, an act of codes: %t; want one of the two", purpose, isToken, isCode)
		}
		if hasPage := purpose.Page() != ""; hasPage != (spec.token != "") {
			t.Errorf("%s: got words for the page of its links: %t, want %t", purpose, hasPage, !hasPage)
		}
		if !slices.Contains(mailed, purpose) {
			t.Errorf("%s: got no letter with it, want one", purpose)
		}
	}
	kinds := map[string]bool{}
	for _, spec := range purposes {
		if spec.token != "" {
			kinds[string(spec.token)] = true
		}
	}
	if want := []Purpose{"confirm", "email_change", "invitation", "login", "provider_email", "reauthenticate", "reset", "undo"}; !slices.Equal(slices.Sorted(maps.Keys(purposes)), want) || len(kinds) != 5 {
		t.Errorf("got the purposes %q with %d kinds of tokens, want %q with 5", slices.Sorted(maps.Keys(purposes)), len(kinds), want)
	}
}
