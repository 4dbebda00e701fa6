package app

// garbageRoom is how much garbage may lie about beside as much as is in use.
const garbageRoom = 8 << 20 // bytes

// roomForGarbage returns memory that is to be kept and never touched. The collector runs when the heap has
// doubled, and counts this as a part of it; the system gives no page for what nobody touches. What the
// server has in use is so little that it would otherwise be collected every 250 requests, for a good part
// of their time. Whoever sets GOGC or GOMEMLIMIT has decided: then there is none.
func roomForGarbage(getenv func(string) string) []byte {
	if getenv("GOGC") != "" || getenv("GOMEMLIMIT") != "" {
		return nil
	}
	return make([]byte, garbageRoom)
}
