//! Tables of names by culture, each name with its ASCII form.

use crate::seed::Generator;

/// A name as people write it, and as an address has it.
pub(crate) type Name = (&'static str, &'static str);

/// Where a group of people lives and what they are called.
#[derive(Debug)]
pub(crate) struct Culture {
    pub(crate) language: &'static str,
    pub(crate) country: &'static str,
    pub(crate) usage_location: &'static str,
    pub(crate) dial: &'static str,
    /// City, state or region, postal code, street.
    pub(crate) places: &'static [(&'static str, &'static str, &'static str, &'static str)],
    pub(crate) given: &'static [Name],
    pub(crate) surnames: &'static [Name],
    /// Writes the surname first, without a space.
    pub(crate) surname_first: bool,
}

impl Culture {
    /// Returns a given name and a surname.
    pub(crate) fn draw(&self, chance: &mut Generator) -> (Name, Name) {
        (*chance.pick(self.given), *chance.pick(self.surnames))
    }

    /// Returns the display name of the two.
    pub(crate) fn display(&self, given: &str, surname: &str) -> String {
        if self.surname_first {
            format!("{surname}{given}")
        } else {
            format!("{given} {surname}")
        }
    }
}

/// The place of Ireland in the table: its surnames have apostrophes.
pub(crate) const IRELAND: usize = 1;

pub(crate) const CULTURES: &[Culture] = &[
    Culture {
        language: "en-US",
        country: "United States",
        usage_location: "US",
        dial: "+1 425 555",
        places: &[
            ("Redmond", "Washington", "98052", "1 Harbor Way"),
            ("Austin", "Texas", "78701", "210 Congress Avenue"),
        ],
        given: &[
            ("Alice", "alice"),
            ("Robert", "robert"),
            ("Mary Ann", "maryann"),
            ("José", "jose"),
            ("Deborah", "deborah"),
            ("Tyrone", "tyrone"),
            ("Grace", "grace"),
            ("Wendell", "wendell"),
        ],
        surnames: &[
            ("Doe", "doe"),
            ("Whitfield", "whitfield"),
            ("Castillo-Reyes", "castillo-reyes"),
            ("van der Berg", "vanderberg"),
            ("Okafor", "okafor"),
            ("Lindqvist", "lindqvist"),
            ("Harper", "harper"),
            ("Smith", "smith"),
        ],
        surname_first: false,
    },
    Culture {
        language: "en-IE",
        country: "Ireland",
        usage_location: "IE",
        dial: "+353 1 555",
        places: &[
            ("Dublin", "Leinster", "D02 X285", "8 Quay Street"),
            ("Galway", "Connacht", "H91 E2K3", "3 Shop Lane"),
        ],
        given: &[
            ("Siobhán", "siobhan"),
            ("Pádraig", "padraig"),
            ("Aoife", "aoife"),
            ("Conor", "conor"),
            ("Róisín", "roisin"),
            ("Declan", "declan"),
        ],
        surnames: &[
            ("O'Neil", "oneil"),
            ("O'Brien", "obrien"),
            ("D'Arcy", "darcy"),
            ("Ó Súilleabháin", "osuilleabhain"),
            ("O'Shaughnessy", "oshaughnessy"),
        ],
        surname_first: false,
    },
    Culture {
        language: "de-DE",
        country: "Germany",
        usage_location: "DE",
        dial: "+49 89 555",
        places: &[
            ("München", "Bayern", "80331", "Färbergraben 12"),
            ("Köln", "Nordrhein-Westfalen", "50667", "Große Budengasse 4"),
        ],
        given: &[
            ("Jürgen", "juergen"),
            ("Käthe", "kaethe"),
            ("Anneliese", "anneliese"),
            ("Björn", "bjoern"),
            ("Ute", "ute"),
            ("Wolfgang", "wolfgang"),
        ],
        surnames: &[
            ("Müller", "mueller"),
            ("Weiß", "weiss"),
            ("Schröder", "schroeder"),
            ("Groß-Bölting", "gross-boelting"),
            ("Köhler", "koehler"),
            ("von Ahlefeld", "vonahlefeld"),
        ],
        surname_first: false,
    },
    Culture {
        language: "pl-PL",
        country: "Polska",
        usage_location: "PL",
        dial: "+48 12 555",
        places: &[
            ("Kraków", "Małopolskie", "31-042", "Rynek Główny 7"),
            ("Łódź", "Łódzkie", "90-001", "Piotrkowska 101"),
        ],
        given: &[
            ("Łukasz", "lukasz"),
            ("Małgorzata", "malgorzata"),
            ("Żaneta", "zaneta"),
            ("Grzegorz", "grzegorz"),
            ("Zofia", "zofia"),
        ],
        surnames: &[
            ("Wiśniewska", "wisniewska"),
            ("Dąbrowski", "dabrowski"),
            ("Źrebiec", "zrebiec"),
            ("Kołodziej", "kolodziej"),
            ("Szczęsny", "szczesny"),
        ],
        surname_first: false,
    },
    Culture {
        language: "el-GR",
        country: "Ελλάδα",
        usage_location: "GR",
        dial: "+30 21 0555",
        places: &[
            ("Αθήνα", "Αττική", "105 57", "Ερμού 25"),
            ("Θεσσαλονίκη", "Κεντρική Μακεδονία", "546 24", "Τσιμισκή 40"),
        ],
        given: &[
            ("Ελένη", "eleni"),
            ("Γιώργος", "giorgos"),
            ("Άννα", "anna"),
            ("Νικόλαος", "nikolaos"),
        ],
        surnames: &[
            ("Παπαδοπούλου", "papadopoulou"),
            ("Οικονόμου", "oikonomou"),
            ("Βασιλείου", "vasileiou"),
            ("Ψαράς", "psaras"),
        ],
        surname_first: false,
    },
    Culture {
        language: "uk-UA",
        country: "Україна",
        usage_location: "UA",
        dial: "+380 44 555",
        places: &[
            ("Київ", "Київ", "01001", "вулиця Хрещатик 22"),
            ("Львів", "Львівська область", "79008", "площа Ринок 1"),
        ],
        given: &[
            ("Оксана", "oksana"),
            ("Юрій", "yurii"),
            ("Ірина", "iryna"),
            ("Сергій", "serhii"),
            ("Наталія", "nataliia"),
        ],
        surnames: &[
            ("Шевчук", "shevchuk"),
            ("Кравець", "kravets"),
            ("Іваненко", "ivanenko"),
            ("Щербина", "shcherbyna"),
        ],
        surname_first: false,
    },
    Culture {
        language: "ar-AE",
        country: "الإمارات العربية المتحدة",
        usage_location: "AE",
        dial: "+971 4 555",
        places: &[
            ("دبي", "دبي", "00000", "شارع الشيخ زايد ١٠"),
            ("أبوظبي", "أبوظبي", "00000", "شارع الكورنيش ٣"),
        ],
        given: &[
            ("فاطمة", "fatima"),
            ("أحمد", "ahmad"),
            ("ليلى", "layla"),
            ("يوسف", "yousef"),
        ],
        surnames: &[
            ("الهاشمي", "alhashimi"),
            ("المنصوري", "almansouri"),
            ("حداد", "haddad"),
            ("خليل", "khalil"),
        ],
        surname_first: false,
    },
    Culture {
        language: "zh-CN",
        country: "中国",
        usage_location: "CN",
        dial: "+86 21 5550",
        places: &[
            ("上海", "上海", "200001", "南京东路100号"),
            ("成都", "四川", "610015", "人民南路8号"),
        ],
        given: &[
            ("伟", "wei"),
            ("秀英", "xiuying"),
            ("建国", "jianguo"),
            ("晓梅", "xiaomei"),
        ],
        surnames: &[
            ("王", "wang"),
            ("欧阳", "ouyang"),
            ("李", "li"),
            ("赵", "zhao"),
        ],
        surname_first: true,
    },
    Culture {
        language: "ja-JP",
        country: "日本",
        usage_location: "JP",
        dial: "+81 3 5550",
        places: &[
            ("東京", "東京都", "100-0005", "丸の内1丁目9番1号"),
            ("京都", "京都府", "600-8216", "烏丸通七条下ル"),
        ],
        given: &[
            ("花子", "hanako"),
            ("健一", "kenichi"),
            ("さくら", "sakura"),
            ("翔太", "shota"),
        ],
        surnames: &[
            ("佐藤", "sato"),
            ("渡辺", "watanabe"),
            ("小林", "kobayashi"),
            ("山口", "yamaguchi"),
        ],
        surname_first: true,
    },
    Culture {
        language: "ko-KR",
        country: "대한민국",
        usage_location: "KR",
        dial: "+82 2 5550",
        places: &[
            ("서울", "서울특별시", "04524", "세종대로 110"),
            ("부산", "부산광역시", "47545", "중앙대로 1001"),
        ],
        given: &[
            ("민준", "minjun"),
            ("서연", "seoyeon"),
            ("지훈", "jihoon"),
            ("하은", "haeun"),
        ],
        surnames: &[
            ("김", "kim"),
            ("박", "park"),
            ("최", "choi"),
            ("남궁", "namgung"),
        ],
        surname_first: true,
    },
    Culture {
        language: "is-IS",
        country: "Ísland",
        usage_location: "IS",
        dial: "+354 555",
        places: &[("Reykjavík", "Höfuðborgarsvæðið", "101", "Laugavegur 26")],
        given: &[
            ("Guðrún", "gudrun"),
            ("Þór", "thor"),
            ("Ægir", "aegir"),
            ("Sigríður", "sigridur"),
        ],
        surnames: &[
            ("Þorsteinsdóttir", "thorsteinsdottir"),
            ("Jónsson", "jonsson"),
            ("Ólafsdóttir", "olafsdottir"),
        ],
        surname_first: false,
    },
];
