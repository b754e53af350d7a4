package ingest

// cikDays are CIKs, each with a day before which neither it nor a greater one was assigned: the SEC numbers filers in the
// order in which they register. The days are some weeks to months too early rather than a day too late. The last is
// years old; nothing depends on its being recent, for it speaks of days before it only.
const cikDays = `(values
  (bigint '1000000', date '1995-06-01'),
  (1050000, '1997-06-01'),
  (1100000, '1999-07-01'),
  (1163000, '2001-06-01'),
  (1200000, '2002-06-01'),
  (1300000, '2004-04-01'),
  (1350000, '2005-09-01'),
  (1400000, '2007-01-01'),
  (1450000, '2008-06-01'),
  (1500000, '2010-05-01'),
  (1550000, '2012-01-01'),
  (1600000, '2013-10-01'),
  (1650000, '2015-04-01'),
  (1700000, '2016-11-01'),
  (1725000, '2017-11-01'),
  (1740000, '2018-03-15'),
  (1750000, '2018-05-01'),
  (1800000, '2019-10-01'),
  (1850000, '2020-12-01'),
  (1900000, '2021-09-01'),
  (1950000, '2022-07-01'),
  (2000000, '2023-08-01'),
  (2050000, '2024-09-01')
) as assigned (cik, day)`
