package text

// Nearest returns those of the known words that differ least from a wrong one, in their order; none if
// all differ in more than most bytes.
func Nearest(wrong string, known []string, most int) []string {
	var nearest []string
	for _, word := range known {
		switch d := distance(wrong, word); {
		case d > most:
		case d < most || len(nearest) == 0:
			most, nearest = d, []string{word}
		default:
			nearest = append(nearest, word)
		}
	}
	return nearest
}

// distance is how many bytes must be inserted, removed or replaced to make b of a (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
