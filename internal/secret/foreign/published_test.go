package foreign_test

import (
	"testing"

	"github.com/latchkey-auth/latchkey/internal/secret/foreign"
)

// TestTheVectorOfFirebase is the one that Firebase publishes beside its scrypt (github.com/firebase/scrypt).
func TestTheVectorOfFirebase(t *testing.T) {
	t.Parallel()
	const (
		signerKey = "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=="
		salt      = "42xEC+ixf3L2lw=="
		hash      = "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="
	)
	project, err := foreign.NewFirebase(signerKey, "Bw==", 8, 14)
	if err != nil {
		t.Fatal(err)
	}
	byProject, err := project.Parse(salt, hash)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"Supabase": "$fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=" + signerKey + "$" + salt + "$" + hash,
		"Kratos":   "$firescrypt$ln=14,r=8,p=1$" + salt + "$" + hash + "$Bw==$" + signerKey,
	} {
		read, err := foreign.Parse(text)
		if err != nil || read.Stored() != byProject.Stored() {
			t.Errorf("%s: got %v and whether it is the same %t, want the hash that Firebase wrote", name, err, read.Stored() == byProject.Stored())
		}
	}
	if !byProject.Matches([]byte("user1password")) || byProject.Matches([]byte("user1passwore")) {
		t.Error("got the right password refused or a wrong one accepted, want only the right one")
	}
}
