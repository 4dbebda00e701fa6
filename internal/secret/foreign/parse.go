package foreign

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
)

// Parse reads a hash that says itself what it is: crypt(3) and PHC strings (bcrypt, sha-crypt, argon2, phpass, and PBKDF2
// and scrypt as Kratos and passlib write them), what Django and werkzeug store, the Firebase hashes of Supabase
// ($fbscrypt$) and Kratos ($firescrypt$), {SSHA} of LDAP, and Spring's {bcrypt} before any of these. So it is for Django,
// Supabase, Auth0, Kratos, Laravel, PocketBase and Authorizer. Errors: ErrUnknown, ErrTooDear, ErrUnusable.
func Parse(text string) (Hash, error) {
	switch {
	case text == "" || text[0] == '!' || text[0] == '*': // Django's unusable password, and that of Unix
		return Hash{}, ErrUnusable
	case len(text) > maxTextLength:
		return Hash{}, ErrTooDear
	case text[0] == '{':
		return parseBraces(text)
	case text[0] == '$':
		return parseCrypt(text)
	case strings.HasPrefix(text, "scrypt:") || strings.HasPrefix(text, "pbkdf2:"):
		return parseWerkzeug(text)
	}
	return parseDjango(text)
}

// ParseWordPress reads what WordPress stores: $wp$2y$ since 6.8, $P$ before that, MD5 in very old ones, and other forms
// where a plugin writes them. Its passwords are trimmed, and have backslashes before quotes. Errors are those of Parse.
func ParseWordPress(text string) (Hash, error) {
	rest, prefixed := strings.CutPrefix(text, "$wp")
	switch {
	case len(text) > maxTextLength:
		return Hash{}, ErrTooDear
	case prefixed:
		return parseBcrypt("bcrypt-wordpress", rest)
	case strings.HasPrefix(text, "$P$") || strings.HasPrefix(text, "$H$"):
		return parsePHPass("phpass-slashed", text)
	case strings.HasPrefix(text, "$2"):
		return parseBcrypt("bcrypt-slashed", text)
	case len(text) == 32:
		return parseDigest("md5-slashed", "", text)
	}
	return Parse(text)
}

// ParseDevise reads the bcrypt of Devise, which was made of the password with the pepper of the application behind it.
// The pepper may be empty, and is kept with the hash until that is replaced. Errors are those of Parse.
func ParseDevise(text, pepper string) (Hash, error) {
	switch {
	case pepper == "":
		return Parse(text)
	case text == "":
		return Hash{}, ErrUnusable
	case len(pepper) > maxPepperLength:
		return Hash{}, ErrTooDear
	}
	h, err := parseBcrypt("bcrypt", text)
	if err != nil {
		return Hash{}, err
	}
	h.kind, h.pepper = kindOf("bcrypt-pepper"), []byte(pepper)
	return h.checked()
}

// ParseBetterAuth reads salt:key in hexadecimal digits. The salt is not decoded: better-auth uses its digits.
// Errors are those of Parse.
func ParseBetterAuth(text string) (Hash, error) {
	salt, key, found := strings.Cut(text, ":")
	sum, err := hex.DecodeString(key)
	switch {
	case text == "":
		return Hash{}, ErrUnusable
	case !found || err != nil || len(sum) != 64 || strings.HasPrefix(text, "$"):
		return Parse(text)
	}
	return newScrypt("scrypt-nfkc", 16384, 16, 1, []byte(salt), sum)
}

// ParseUnsalted reads an MD5 or SHA-1 of the password alone, in hexadecimal digits. Errors are those of Parse.
func ParseUnsalted(text string) (Hash, error) {
	switch len(text) {
	case 0:
		return Hash{}, ErrUnusable
	case 32:
		return parseDigest("md5", "", text)
	case 40:
		return parseDigest("sha1", "", text)
	}
	return Hash{}, ErrUnknown
}

// parseDjango reads algorithm$cost$salt$hash.
func parseDjango(text string) (Hash, error) {
	algorithm, rest, found := strings.Cut(text, "$")
	if !found { // Django's unsalted MD5, of long ago
		if len(text) == 32 {
			return ParseUnsalted(text)
		}
		return Hash{}, ErrUnknown
	}
	fields := strings.Split(rest, "$")
	switch {
	case (algorithm == "pbkdf2_sha256" || algorithm == "pbkdf2_sha1") && len(fields) == 3:
		n, err := number(fields[0])
		if err != nil {
			return Hash{}, err
		}
		sum, err := inBase64(fields[2])
		if err != nil {
			return Hash{}, err
		}
		return newPBKDF2(strings.Replace(algorithm, "_", "-", 1), n, []byte(fields[1]), sum)
	case algorithm == "argon2":
		return parseArgon2("$" + rest)
	case algorithm == "bcrypt":
		return parseBcrypt("bcrypt", rest)
	case algorithm == "bcrypt_sha256":
		return parseBcrypt("bcrypt-sha256", rest)
	case algorithm == "scrypt" && len(fields) == 5:
		costs, err := numbers(fields[0], fields[2], fields[3])
		if err != nil {
			return Hash{}, err
		}
		sum, err := inBase64(fields[4])
		if err != nil {
			return Hash{}, err
		}
		return newScrypt("scrypt", costs[0], costs[1], costs[2], []byte(fields[1]), sum)
	case (algorithm == "md5" || algorithm == "sha1") && len(fields) == 2:
		return parseDigest(algorithm, fields[0], fields[1])
	}
	return Hash{}, ErrUnknown
}

// parseWerkzeug reads scrypt:32768:8:1$salt$hex and pbkdf2:sha256:600000$salt$hex.
func parseWerkzeug(text string) (Hash, error) {
	fields := strings.Split(text, "$")
	if len(fields) != 3 {
		return Hash{}, ErrUnknown
	}
	sum, err := hex.DecodeString(fields[2])
	if err != nil {
		return Hash{}, ErrUnknown
	}
	method := strings.Split(fields[0], ":")
	switch {
	case method[0] == "scrypt" && len(method) == 4:
		costs, err := numbers(method[1:]...)
		if err != nil {
			return Hash{}, err
		}
		return newScrypt("scrypt", costs[0], costs[1], costs[2], []byte(fields[1]), sum)
	case method[0] == "pbkdf2" && len(method) == 3:
		n, err := number(method[2])
		if err != nil {
			return Hash{}, err
		}
		return newPBKDF2("pbkdf2-"+method[1], n, []byte(fields[1]), sum)
	}
	return Hash{}, ErrUnknown
}

// parseBraces reads {SSHA} of LDAP and the prefixes of Spring.
func parseBraces(text string) (Hash, error) {
	scheme, rest, found := strings.Cut(text[1:], "}")
	if !found {
		return Hash{}, ErrUnknown
	}
	name := strings.ToLower(scheme)
	switch name {
	case "bcrypt", "argon2", "crypt":
		if !strings.HasPrefix(rest, "$") {
			return Hash{}, ErrUnknown
		}
		return parseCrypt(rest)
	case "ssha", "ssha256", "ssha512":
		size := len(kindOf(name).digest(Hash{}, nil))
		decoded, err := inBase64(rest)
		if err != nil || len(decoded) < size {
			return Hash{}, ErrUnknown
		}
		return newFast(name, decoded[size:], decoded[:size])
	}
	return Hash{}, ErrUnknown
}

// parseCrypt reads what begins with a dollar sign.
func parseCrypt(text string) (Hash, error) {
	scheme, _, _ := strings.Cut(text[1:], "$")
	switch scheme {
	case "2a", "2b", "2y", "2x", "2":
		return parseBcrypt("bcrypt", text)
	case "argon2i", "argon2id", "argon2d":
		return parseArgon2(text)
	case "5":
		return parseShaCrypt("sha256-crypt", text)
	case "6":
		return parseShaCrypt("sha512-crypt", text)
	case "sha256-crypt", "sha512-crypt": // as Kratos writes $5$ and $6$
		return parseShaCrypt(scheme, text)
	case "P", "H":
		return parsePHPass("phpass", text)
	case "pbkdf2", "pbkdf2-sha1", "pbkdf2-sha256", "pbkdf2-sha512":
		return parsePHCPBKDF2(scheme, text)
	case "scrypt":
		return parsePHCScrypt(text)
	case "fbscrypt":
		return parseSupabaseFirebase(text)
	case "firescrypt":
		return parseKratosFirebase(text)
	}
	return Hash{}, ErrUnknown
}

// parsePHCPBKDF2 reads $pbkdf2-sha256$i=600000,l=32$salt$hash of Kratos, and $pbkdf2-sha256$29000$salt$hash of passlib,
// whose base64 has a dot for the plus sign.
func parsePHCPBKDF2(scheme, text string) (Hash, error) {
	fields := strings.Split(text, "$")
	if len(fields) != 5 {
		return Hash{}, ErrUnknown
	}
	n, err := number(fields[2])
	if err != nil {
		costs, err := assignments(fields[2], "i", "l")
		if err != nil {
			return Hash{}, err
		}
		n = costs[0]
	}
	salt, sum, err := bothInBase64(fields[3], fields[4])
	if err != nil {
		return Hash{}, err
	}
	if scheme == "pbkdf2" {
		scheme = "pbkdf2-sha1"
	}
	return newPBKDF2(scheme, n, salt, sum)
}

// parsePHCScrypt reads $scrypt$ln=14,r=8,p=1$salt$hash. Kratos writes N itself as ln.
func parsePHCScrypt(text string) (Hash, error) {
	fields := strings.Split(text, "$")
	if len(fields) != 5 {
		return Hash{}, ErrUnknown
	}
	costs, err := assignments(fields[2], "ln", "r", "p")
	if err != nil {
		return Hash{}, err
	}
	salt, sum, err := bothInBase64(fields[3], fields[4])
	if err != nil {
		return Hash{}, err
	}
	n := costs[0]
	if n <= 31 {
		n = powerOfTwo(n)
	}
	return newScrypt("scrypt", n, costs[1], costs[2], salt, sum)
}

func parseDigest(name, salt, digits string) (Hash, error) {
	sum, err := hex.DecodeString(digits)
	if err != nil {
		return Hash{}, ErrUnknown
	}
	return newFast(name, []byte(salt), sum)
}

// number reads a cost. What does not fit is too dear.
func number(text string) (uint32, error) {
	if text == "" || strings.Trim(text, "0123456789") != "" {
		return 0, ErrUnknown
	}
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return 0, ErrTooDear
	}
	return uint32(n), nil
}

func numbers(texts ...string) ([]uint32, error) {
	var all []uint32
	for _, text := range texts {
		n, err := number(text)
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, nil
}

// assignments reads m=19456,t=2,p=1 in any order, each name once.
func assignments(text string, names ...string) ([]uint32, error) {
	given := map[string]string{}
	for field := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(field, "=")
		given[name] = value
	}
	if len(given) != len(names) || strings.Count(text, ",") != len(names)-1 {
		return nil, ErrUnknown
	}
	values := make([]string, len(names))
	for i, name := range names {
		values[i] = given[name]
	}
	return numbers(values...)
}

// inBase64 reads every base64 that is in use: the usual one, that of URLs and that of passlib, padded or not.
func inBase64(text string) ([]byte, error) {
	digits := strings.NewReplacer("-", "+", "_", "/", ".", "+").Replace(strings.TrimRight(text, "="))
	decoded, err := base64.RawStdEncoding.DecodeString(digits)
	if err != nil || strings.ContainsAny(digits, "\r\n") {
		return nil, ErrUnknown
	}
	return decoded, nil
}

func bothInBase64(salt, sum string) (a, b []byte, err error) {
	if a, err = inBase64(salt); err != nil {
		return nil, nil, err
	}
	b, err = inBase64(sum)
	return a, b, err
}
