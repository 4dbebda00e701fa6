package foreign

import (
	"crypto/subtle"
	"strings"
)

// Firebase is how a project of Firebase Authentication hashes passwords: what its console shows as the password hash
// parameters. The signer key is a secret of the project. It is needed to read hashes, and is in none that is stored.
type Firebase struct {
	signerKey     []byte
	saltSeparator []byte
	numbers       []uint32
}

// NewFirebase returns the parameters of a project: base64_signer_key, base64_salt_separator, rounds and mem_cost as the
// console shows them. Errors are those of Parse.
func NewFirebase(signerKey, saltSeparator string, rounds, memoryCost uint32) (Firebase, error) {
	key, separator, err := bothInBase64(signerKey, saltSeparator)
	if err != nil {
		return Firebase{}, err
	}
	project := Firebase{signerKey: key, saltSeparator: separator, numbers: []uint32{powerOfTwo(memoryCost), rounds, 1}}
	switch {
	case len(key) < minSumLength:
		return Firebase{}, ErrUnknown
	case len(key) > maxSumLength:
		return Firebase{}, ErrTooDear
	}
	return project, scryptBounds(project.numbers)
}

// Parse reads the salt and the hash of a user, passwordHash and salt in what `firebase auth:export` writes.
// Errors are those of Parse.
func (p Firebase) Parse(salt, hash string) (Hash, error) {
	if hash == "" {
		return Hash{}, ErrUnusable
	}
	if len(salt)+len(hash) > maxTextLength {
		return Hash{}, ErrTooDear
	}
	salted, sum, err := bothInBase64(salt, hash)
	if err != nil {
		return Hash{}, err
	}
	if len(sum) != len(p.signerKey) || len(sum) == 0 {
		return Hash{}, ErrUnknown
	}
	stream := make([]byte, len(sum))
	subtle.XORBytes(stream, sum, p.signerKey)
	return Hash{kind: kindOf("firebase"), numbers: p.numbers, salt: append(salted, p.saltSeparator...), sum: stream}.checked()
}

// parseSupabaseFirebase reads $fbscrypt$v=1,n=14,r=8,p=1,ss=Bw==,sk=…$salt$hash.
func parseSupabaseFirebase(text string) (Hash, error) {
	fields := strings.Split(text, "$")
	if len(fields) != 5 {
		return Hash{}, ErrUnknown
	}
	given := map[string]string{}
	for field := range strings.SplitSeq(fields[2], ",") {
		name, value, _ := strings.Cut(field, "=")
		given[name] = value
	}
	if given["v"] != "1" || len(given) != 6 {
		return Hash{}, ErrUnknown
	}
	return parseFirebase([]string{given["n"], given["r"], given["p"]}, given["sk"], given["ss"], fields[3], fields[4])
}

// parseKratosFirebase reads $firescrypt$ln=14,r=8,p=1$salt$hash$separator$signer key.
func parseKratosFirebase(text string) (Hash, error) {
	fields := strings.Split(text, "$")
	if len(fields) != 7 {
		return Hash{}, ErrUnknown
	}
	costs, err := assignments(fields[2], "ln", "r", "p")
	if err != nil {
		return Hash{}, err
	}
	return newFirebaseHash(costs, fields[6], fields[5], fields[3], fields[4])
}

func parseFirebase(costs []string, key, separator, salt, hash string) (Hash, error) {
	read, err := numbers(costs...)
	if err != nil {
		return Hash{}, err
	}
	return newFirebaseHash(read, key, separator, salt, hash)
}

func newFirebaseHash(costs []uint32, key, separator, salt, hash string) (Hash, error) {
	project, err := NewFirebase(key, separator, costs[1], costs[0])
	if err != nil {
		return Hash{}, err
	}
	project.numbers[2] = costs[2]
	return project.Parse(salt, hash)
}
