package randomquery_test

import "time"

// calendar returns the bucket that a day is in: its first day, and the first day of the next one.
func calendar(by string, day time.Time) (start, end time.Time) {
	year, month := day.Year(), day.Month()
	switch by {
	case "DAY":
		return day, day.AddDate(0, 0, 1)
	case "WEEK":
		monday := day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
		return monday, monday.AddDate(0, 0, 7)
	case "MONTH":
		first := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
		return first, first.AddDate(0, 1, 0)
	case "QUARTER":
		first := time.Date(year, (month-1)/3*3+1, 1, 0, 0, 0, 0, time.UTC)
		return first, first.AddDate(0, 3, 0)
	default:
		first := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
		return first, first.AddDate(1, 0, 0)
	}
}

func (r *reference) buckets(series row, args arguments) (any, error) {
	out := []any{}
	points := series["_points"].([]point)
	by, fill := args["by"].(string), args["fill"]
	for len(points) > 0 {
		start, end := calendar(by, points[0].date)
		n := 0
		for n < len(points) && points[n].date.Before(end) {
			n++
		}
		bucket := summary(points[:n])
		bucket["start"], bucket["end"] = start, end
		out = append(out, bucket)
		if points = points[n:]; len(points) == 0 || fill == nil || fill == "NONE" {
			continue
		}
		for points[0].date.Compare(end) >= 0 {
			start, end = calendar(by, end)
			if !points[0].date.Before(end) {
				out = append(out, empty(start, end, bucket["last"], fill == "PREVIOUS"))
			} else {
				break
			}
		}
	}
	return out, nil
}

func summary(points []point) row {
	sum, least, most := 0.0, points[0].value, points[0].value
	for _, p := range points {
		sum += p.value
		least, most = min(least, p.value), max(most, p.value)
	}
	n := len(points)
	return row{
		"count": n, "min": least, "max": most, "avg": nearly(sum / float64(n)), "sum": nearly(sum),
		"first": points[0].value, "last": points[n-1].value,
	}
}

func empty(start, end time.Time, last any, carried bool) row {
	if !carried {
		last = nil
	}
	return row{
		"start": start, "end": end, "count": 0, "min": last, "max": last, "avg": last, "sum": nil, "first": last, "last": last,
	}
}

func (r *reference) bucketColumns(series row, args arguments) (any, error) {
	buckets, err := r.buckets(series, args)
	if err != nil {
		return nil, err
	}
	out := row{}
	for _, name := range []string{"start", "end", "count", "min", "max", "avg", "sum", "first", "last"} {
		values := []any{}
		for _, b := range buckets.([]any) {
			values = append(values, b.(row)[name])
		}
		out[name+"s"] = values
	}
	return out, nil
}
